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

function houseForm(message: string): string {
  if (message.includes("multiple documents")) return "must be the only document of the file";
  return (message.slice(0, 1).toLowerCase() + message.slice(1)).replace(/\.$/, "");
}
