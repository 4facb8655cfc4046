/** Parses and formats header lines of HTTP/1.1 (RFC 9112, section 5) strictly. */

import { Buffer } from "node:buffer";

/** Values by lower-case name; an array for a name that occurs several times. */
export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>;

/** A head with more lines is refused. */
const MAX_LINES = 256;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Control characters other than tab, and characters beyond latin1: CR, LF and NUL end or split a line. */
const FORBIDDEN = /[^\t -~\u0080-\u00ff]/;

/** Parses lines that each end with CRLF, from offset `from` on. Undefined when one is no `name: value`. */
export function parseHeaderLines(text: string, from: number): HeaderFields | undefined {
  const headers: Record<string, string | string[]> = {};
  let at = from;
  for (let lines = 0; at < text.length; lines += 1) {
    const end = text.indexOf("\r\n", at);
    const colon = text.indexOf(":", at);
    if (end === -1 || colon === -1 || colon > end || lines === MAX_LINES) return undefined;
    // Security: whitespace before the colon or at the start of a line is refused, since lenient parsers read another header there.
    const name = normalizeHeaderName(text.slice(at, colon));
    const value = trimmed(text, colon + 1, end);
    if (name === undefined || FORBIDDEN.test(value)) return undefined;
    addHeader(headers, name, value);
    at = end + 2;
  }
  return headers;
}

/** The value of a header; several values are joined with a comma. */
export function headerValue(headers: HeaderFields, name: string): string | undefined {
  const values = headers[name];
  return typeof values === "object" ? values.join(", ") : values;
}

/** One header line with its CRLF. @throws TypeError when name or value could end the line */
export function formatHeaderLine(name: string, value: string): string {
  if (normalizeHeaderName(name) === undefined || FORBIDDEN.test(value))
    throw new TypeError(`the header ${JSON.stringify(name)} cannot be written`);
  return `${name}: ${value}\r\n`;
}

/** Adds a value to the values of its name. */
export function addHeader(headers: Record<string, string | string[]>, name: string, value: string): void {
  const before = headers[name];
  if (Array.isArray(before)) before.push(value);
  // `before` may be inherited from Object.prototype, as for the name `constructor`.
  else headers[name] = typeof before === "string" ? [before, value] : value;
}

/** Cache of lower-case names by their spelling: clients and servers repeat the same few. */
const knownNames = new Map<string, string>();
// Security: bounds the memory that a peer can fill with new names.
const MAX_KNOWN_NAMES = 1_000;
const MAX_KNOWN_NAME_LENGTH = 64;

/** The name in lower case; undefined when it is no token. */
export function normalizeHeaderName(spelling: string): string | undefined {
  const name = knownNames.get(spelling);
  if (name !== undefined) return name;
  if (!TOKEN.test(spelling)) return undefined;
  if (knownNames.size === MAX_KNOWN_NAMES || spelling.length > MAX_KNOWN_NAME_LENGTH)
    return spelling.toLowerCase();
  const kept = copyString(spelling);
  const lower = kept.toLowerCase();
  knownNames.set(kept, lower);
  return lower;
}

/** Copies a latin1 string: a slice retains the whole string that it was cut from. */
export function copyString(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** Trims spaces and tabs only: `trim` also removes NBSP, which is part of a value. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isSpaceOrTab(text.charCodeAt(start))) start += 1;
  while (end > start && isSpaceOrTab(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isSpaceOrTab(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
