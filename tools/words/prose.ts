/** The prose of a file: the comments and strings of TypeScript, the paragraphs of Markdown. */

import { SyntaxKind } from "typescript/unstable/ast";
import { createScanner, type Scanner } from "typescript/unstable/ast/scanner";

/** One comment, string or paragraph. It has the length of its source, so an offset in it is an offset in the file. */
export interface Prose {
  readonly start: number;
  readonly text: string;
  /** A heading, a cell of a table, or a string other than the title of a test. */
  readonly isLabel?: true;
}

/** Reads a `.ts` or `.md` file. Quoted code is replaced by a mark of the same length. */
export function readProse(path: string, source: string): readonly Prose[] {
  return path.endsWith(".md") ? readMarkdown(source) : readTypeScript(source, path.startsWith("test/"));
}

function readMarkdown(source: string): Prose[] {
  const text = source.replace(/^( *)```.*?^ *```|<!--.*?-->/gms, blank).replace(/\]\([^)\s]*\)/g, blank);
  const prose: Prose[] = [];
  for (const block of text.matchAll(BLOCK))
    for (const piece of block[0].startsWith("|")
      ? block[0].matchAll(/[^|]+/g)
      : [{ 0: block[0], index: 0 }]) {
      const start = block.index + piece.index;
      const isLabel = /^[#|]/.test(block[0]);
      prose.push({ start, text: plain(piece[0]).replace(/^[\s>*-]+/, blank), ...(isLabel && { isLabel }) });
    }
  return prose;
}

/** A paragraph, an item of a list, a heading or a row of a table: lines up to an empty one or one that begins another. */
const BLOCK = /^(?!\s*$).+(?:\n(?!\s*$|\s*(?:[-*|#>]|\d+\.)).+)*/gm;

function readTypeScript(source: string, isTest: boolean): Prose[] {
  const prose: Prose[] = [];
  for (const { kind, start, text, isTitle } of tokens(source)) {
    if (STRINGS.has(kind) && isSentence(text) && (isTitle || !isTest))
      prose.push({
        start,
        text: text.replace(/^[`'"}]|(?:[`'"]|\$\{)$/g, blank),
        ...(!isTitle && { isLabel: true }),
      });
    if (!COMMENTS.has(kind)) continue;
    const last = prose.at(-1);
    const line = plain(text.replace(/^\/\/|^\/\*+|\*\/$|^\s*\*(?= |$)/gm, blank));
    if (last !== undefined && continues(source, last, start)) {
      const gap = " ".repeat(start - last.start - last.text.length);
      prose[prose.length - 1] = { start: last.start, text: last.text + gap + line };
    } else prose.push({ start, text: line });
  }
  return prose;
}

/** Whether a comment goes on with the one before: both begin with `//`, and only a line break is between them. */
function continues(source: string, last: Prose, start: number): boolean {
  const isPair = source.startsWith("//", last.start) && source.startsWith("//", start);
  return isPair && /^\n[ \t]*$/.test(source.slice(last.start + last.text.length, start));
}

const COMMENTS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.SingleLineCommentTrivia,
  SyntaxKind.MultiLineCommentTrivia,
]);
const STRINGS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateHead,
  SyntaxKind.TemplateMiddle,
  SyntaxKind.TemplateTail,
]);

interface Token {
  readonly kind: SyntaxKind;
  readonly start: number;
  readonly text: string;
  /** The first argument of `it(`, `describe(` or `it.each(...)(`. */
  readonly isTitle: boolean;
}

/** The tokens of a file. A scanner alone cannot tell a pattern from a division, nor `}` of a template from that of a block. */
function* tokens(source: string): Generator<Token> {
  const scanner = createScanner(false, undefined, source);
  const braces: boolean[] = [];
  let [callee, last, previous] = ["", "", SyntaxKind.Unknown];
  for (;;) {
    const kind = scanNext(scanner, previous, braces);
    if (kind === SyntaxKind.EndOfFile) return;
    const text = scanner.getTokenText();
    yield { kind, start: scanner.getTokenStart(), text, isTitle: last === "(" && TITLED.test(callee) };
    if (kind > SyntaxKind.LastTriviaToken) [callee, last, previous] = [last, text, kind];
  }
}

const TITLED = /^(?:it|test|describe|only|skip|todo|\))$/;

/** `braces` has one entry for each open brace: whether it began in a template. */
function scanNext(scanner: Scanner, previous: SyntaxKind, braces: boolean[]): SyntaxKind {
  const kind = scanner.scan();
  if (kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken)
    return VALUE_ENDS.has(previous) ? kind : scanner.reScanSlashToken();
  if (kind === SyntaxKind.OpenBraceToken) braces.push(false);
  if (kind === SyntaxKind.TemplateHead) braces.push(true);
  if (kind !== SyntaxKind.CloseBraceToken || braces.pop() !== true) return kind;
  const rest = scanner.reScanTemplateToken(false);
  if (rest === SyntaxKind.TemplateMiddle) braces.push(true);
  return rest;
}

/** Three words or more: shorter strings are names, keys and values. */
const isSentence = (text: string): boolean => /\S\s+\S+\s+\S/.test(text);

/** Tokens after which `/` divides. */
const VALUE_ENDS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.Identifier,
  SyntaxKind.NumericLiteral,
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateTail,
  SyntaxKind.CloseParenToken,
  SyntaxKind.CloseBracketToken,
  SyntaxKind.CloseBraceToken,
  SyntaxKind.ThisKeyword,
]);

const plain = (text: string): string => text.replace(/`[^`]*`/g, (code) => "x".repeat(code.length));

const blank = (text: string): string => text.replace(/[^\n]/g, " ");
