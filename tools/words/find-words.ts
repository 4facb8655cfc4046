/** Finds turns of phrase in prose that the house does not use. */

import { FIXED_BY_CONTRACT, PATTERNS, type Pattern } from "./patterns.ts";
import { readProse, type Prose } from "./prose.ts";

export interface Finding {
  readonly line: number;
  readonly pattern: Pattern;
  /** The words that were found. */
  readonly found: string;
}

/** The findings in a `.ts` or `.md` file, in their order. The path tells the kind, and whether it is a test. */
export function findWords(path: string, source: string): readonly Finding[] {
  return readProse(path, source)
    .flatMap((prose) => PATTERNS.flatMap((pattern) => matchesOf(prose, pattern)))
    .toSorted((one, other) => one.offset - other.offset)
    .map(({ offset, pattern, found }) => ({ line: lineOf(source, offset), pattern, found }));
}

/** One line for each finding that no contract fixes, in the form `file:line: what was found: what to write instead`. */
export function describeFindings(path: string, source: string): readonly string[] {
  return findWords(path, source)
    .filter(({ found }) => !FIXED_BY_CONTRACT.has(`${path}: ${found}`))
    .map(
      ({ line, pattern, found }) =>
        `${path}:${line}: "${found}" (${pattern.name}): say instead: ${pattern.instead}`,
    );
}

function matchesOf(prose: Prose, pattern: Pattern): { offset: number; pattern: Pattern; found: string }[] {
  return [...prose.text.matchAll(pattern.regex)].flatMap(({ 1: found = "", indices }) => {
    const [from = 0, to = 0] = indices?.[1] ?? [];
    if (pattern.isAllowedInQuestions && isQuestion(prose, to)) return [];
    return [{ offset: prose.start + from, pattern, found: found.replace(/\s+/g, " ") }];
  });
}

/** Whether the sentence at `from` ends with a question mark, or stands in a heading or a cell of a table. */
function isQuestion({ text, isLabel }: Prose, from: number): boolean {
  return isLabel === true || /^[^.!?]*(?:[.!](?!\s|$)[^.!?]*)*\?/.test(text.slice(from));
}

function lineOf(source: string, at: number): number {
  return source.slice(0, at).split("\n").length;
}
