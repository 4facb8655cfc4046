/** Header lines of HTTP/1.1 (RFC 9112, section 5): read strictly, and written only when they are one line each. */

import { Buffer } from "node:buffer";

/** Values by name in lower case; of a name that came several times, each. */
export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>;

/** More lines than any server sends; a head with more is refused. */
const MAX_LINES = 256;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** All but tab and what can be seen: CR, LF and NUL end or split what they stand in. */
const FORBIDDEN = /[^\t -~\u0080-\u00ff]/;

/** Reads lines that each end with CRLF, from `from` to the end; undefined when one is no `name: value`. */
export function parseHeaderLines(text: string, from: number): HeaderFields | undefined {
  const headers: Record<string, string | string[]> = {};
  let at = from;
  for (let lines = 0; at < text.length; lines += 1) {
    const end = text.indexOf("\r\n", at);
    const colon = text.indexOf(":", at);
    if (end === -1 || colon === -1 || colon > end || lines === MAX_LINES) return undefined;
    // Security: a blank before the colon or at the start of a line is no token: who is forgiving there reads another header.
    const name = normalizeHeaderName(text.slice(at, colon));
    const value = trimmed(text, colon + 1, end);
    if (name === undefined || FORBIDDEN.test(value)) return undefined;
    addHeader(headers, name, value);
    at = end + 2;
  }
  return headers;
}

/** What one name has, as one value. */
export function headerValue(headers: HeaderFields, name: string): string | undefined {
  const values = headers[name];
  return typeof values === "object" ? values.join(", ") : values;
}

/** One line with its end. @throws when the name or the value could end it or be read as another line */
export function formatHeaderLine(name: string, value: string): string {
  if (normalizeHeaderName(name) === undefined || FORBIDDEN.test(value))
    throw new TypeError(`the header ${JSON.stringify(name)} cannot be written`);
  return `${name}: ${value}\r\n`;
}

/** Adds a value to those that its name has. */
export function addHeader(headers: Record<string, string | string[]>, name: string, value: string): void {
  const before = headers[name];
  if (Array.isArray(before)) before.push(value);
  // What every object inherits is no header that came before.
  else headers[name] = typeof before === "string" ? [before, value] : value;
}

/** Names in lower case, by how they were written: clients and servers write the same ones each time. */
const knownNames = new Map<string, string>();
// Security: whoever writes other ones each time fills so much memory and no more.
const MAX_KNOWN_NAMES = 1_000;
const MAX_KNOWN_NAME_LENGTH = 64;

/** A header's name in lower case; undefined when it is no token. */
export function normalizeHeaderName(written: string): string | undefined {
  const name = knownNames.get(written);
  if (name !== undefined) return name;
  if (!TOKEN.test(written)) return undefined;
  if (knownNames.size === MAX_KNOWN_NAMES || written.length > MAX_KNOWN_NAME_LENGTH)
    return written.toLowerCase();
  const kept = copyString(written);
  const lower = kept.toLowerCase();
  knownNames.set(kept, lower);
  return lower;
}

/** The same text in memory of its own, to be kept: a slice keeps all that it was cut from. A byte a character. */
export function copyString(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** Without blanks and tabs around it, and no others: NBSP is a byte like any other here. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
