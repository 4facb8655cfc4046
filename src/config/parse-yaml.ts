/** Parses YAML text, with every problem placed by line and column. */

import { type Document, LineCounter, parseDocument, type YAMLError } from "yaml";

export interface ParsedYaml {
  readonly document: Document;
  readonly lines: LineCounter;
  /** `line 1, column 2: must be ...`; empty when the text is one YAML 1.2 document. */
  readonly problems: readonly string[];
  /** Of the same form: text that the parser accepts and may misread, such as an unknown tag. */
  readonly warnings: readonly string[];
}

/** A name that stands twice in a mapping is a problem. */
export function parseYaml(text: string): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { uniqueKeys: true, lineCounter: lines, prettyErrors: false });
  const place = ({ pos, message }: YAMLError): string =>
    `${linePosition(lines, pos[0])}: ${houseForm(message)}`;
  return { document, lines, problems: document.errors.map(place), warnings: document.warnings.map(place) };
}

/** An offset as an editor shows it. */
export function linePosition(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `line ${line}, column ${col}`;
}

/** Texts of the parser that name its inner parts, and the house's words for them. */
const OWN_WORDS: readonly (readonly [string, string])[] = [
  ["multiple documents", "must be the only document of the file"],
  ["Map keys must be unique", "this name stands twice in its mapping; keep one of the two"],
  ["Flow sequence in block collection must be", "a list that begins with [ must end with ] before this"],
  ["Flow map in block collection must be", "a mapping that begins with { must end with } before this"],
  ["Flow sequence must end", "a list that begins with [ has no ] at its end"],
  ["Flow map must end", "a mapping that begins with { has no } at its end"],
  ["Missing , between flow", "a comma is missing before this entry"],
];

function houseForm(message: string): string {
  const own = OWN_WORDS.find(([theirs]) => message.includes(theirs));
  if (own !== undefined) return own[1];
  return (message.slice(0, 1).toLowerCase() + message.slice(1)).replace(/\.$/, "");
}
