/** Edits JSON text in place and leaves every other token as it was written. The text must have passed `readJson`; it may have whitespace. */

import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  isWhitespace,
} from "./json-token.ts";

/** Positions of a value: its first character, and the character after its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Finds the value at a path through objects; undefined when there is none. The empty path is the whole text. */
export function memberSpan(text: string, path: readonly string[]): Span | undefined {
  let start = blankEnd(text, 0);
  for (const name of path) {
    const value = memberStart(text, start, name);
    if (value === undefined) return undefined;
    start = value;
  }
  return { start, end: valueEnd(text, start) };
}

/** Returns the text of the value at a path; undefined when there is none. */
export function memberText(text: string, path: readonly string[]): string | undefined {
  const span = memberSpan(text, path);
  return span === undefined ? undefined : text.slice(span.start, span.end);
}

/** Finds the elements of the array at a path; undefined when there is no array. */
export function elementSpans(text: string, arrayPath: readonly string[]): readonly Span[] | undefined {
  const array = memberSpan(text, arrayPath);
  if (array === undefined || text.charCodeAt(array.start) !== OPEN_BRACKET) return undefined;
  const spans: Span[] = [];
  let start = blankEnd(text, array.start + 1);
  while (start < array.end && text.charCodeAt(start) !== CLOSE_BRACKET) {
    const end = valueEnd(text, start);
    spans.push({ start, end });
    start = afterComma(text, end);
  }
  return spans;
}

/** Removes the elements for which `shouldRemove` is true. Returns the same string when there are none, or no array. */
export function removeElements(
  text: string,
  arrayPath: readonly string[],
  shouldRemove: (index: number, element: string) => boolean,
): string {
  const spans = elementSpans(text, arrayPath) ?? [];
  const kept = spans.filter((span, index) => !shouldRemove(index, text.slice(span.start, span.end)));
  const first = spans[0];
  const last = spans.at(-1);
  if (first === undefined || last === undefined || kept.length === spans.length) return text;
  const elements = kept.map((span) => text.slice(span.start, span.end)).join(",");
  return text.slice(0, first.start) + elements + text.slice(last.end);
}

/**
 * Sets a member to a JSON value: replaces the value when the member exists, else adds the member at the end of its object.
 * Creates parents that are absent or null. Returns the same string when a parent is neither an object nor null.
 */
export function setMember(text: string, path: readonly string[], rawJson: string): string {
  let start = blankEnd(text, 0);
  for (const [depth, name] of path.entries()) {
    if (text.charCodeAt(start) !== OPEN_BRACE) return text;
    const value = memberStart(text, start, name);
    if (value === undefined) return appendMember(text, start, wrapped(path.slice(depth), rawJson));
    if (depth < path.length - 1 && text.startsWith("null", value)) {
      return replaced(text, value, `{${wrapped(path.slice(depth + 1), rawJson)}}`);
    }
    start = value;
  }
  return replaced(text, start, rawJson);
}

/** Removes the member at a path of at least one name. Returns the same string when there is none. */
export function removeMember(text: string, path: readonly string[]): string {
  const object = memberSpan(text, path.slice(0, -1));
  const start = object === undefined ? undefined : memberStart(text, object.start, path.at(-1) ?? "");
  if (object === undefined || start === undefined) return text;
  const name = nameStart(text, object.start, start);
  const end = valueEnd(text, start);
  const comma = blankEnd(text, end);
  if (text.charCodeAt(comma) === COMMA) return text.slice(0, name) + text.slice(blankEnd(text, comma + 1));
  const isOnly = name === blankEnd(text, object.start + 1);
  return text.slice(0, isOnly ? name : text.lastIndexOf(",", name)) + text.slice(end);
}

/** Position of the name of the member whose value begins at `value`. */
function nameStart(text: string, objectStart: number, value: number): number {
  let at = blankEnd(text, objectStart + 1);
  for (let start = afterName(text, at); start < value; start = afterName(text, at))
    at = afterComma(text, valueEnd(text, start));
  return at;
}

function replaced(text: string, start: number, rawJson: string): string {
  return text.slice(0, start) + rawJson + text.slice(valueEnd(text, start));
}

/** Prints `"a":{"b":value}` for the path `a`, `b`. */
function wrapped(path: readonly string[], rawJson: string): string {
  return path.map((name) => `${JSON.stringify(name)}:`).join("{") + rawJson + "}".repeat(path.length - 1);
}

function appendMember(text: string, objectStart: number, member: string): string {
  const close = valueEnd(text, objectStart) - 1;
  const comma = close === blankEnd(text, objectStart + 1) ? "" : ",";
  return text.slice(0, close) + comma + member + text.slice(close);
}

/** Position of the value of a member, in the object that begins at `objectStart`. */
function memberStart(text: string, objectStart: number, name: string): number | undefined {
  if (text.charCodeAt(objectStart) !== OPEN_BRACE) return undefined;
  let at = blankEnd(text, objectStart + 1);
  while (at < text.length && text.charCodeAt(at) === QUOTE) {
    const nameEnd = stringEnd(text, at);
    const value = afterName(text, at);
    if (isName(text.slice(at + 1, nameEnd - 1), name)) return value;
    at = afterComma(text, valueEnd(text, value));
  }
  return undefined;
}

/** Position of the value of the member whose name begins at `nameStart`. */
function afterName(text: string, nameStart: number): number {
  return blankEnd(text, blankEnd(text, stringEnd(text, nameStart)) + 1);
}

/** Position of the next name or value, or of the bracket that closes the container, after a value that ends at `end`. */
function afterComma(text: string, end: number): number {
  const next = blankEnd(text, end);
  return text.charCodeAt(next) === COMMA ? blankEnd(text, next + 1) : next;
}

function blankEnd(text: string, start: number): number {
  let at = start;
  while (isWhitespace(text.charCodeAt(at))) at += 1;
  return at;
}

function isName(raw: string, name: string): boolean {
  return raw.includes("\\") ? JSON.parse(`"${raw}"`) === name : raw === name;
}

function valueEnd(text: string, start: number): number {
  const code = text.charCodeAt(start);
  if (code === QUOTE) return stringEnd(text, start);
  return code === OPEN_BRACE || code === OPEN_BRACKET ? containerEnd(text, start) : scalarEnd(text, start);
}

function containerEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    at = code === QUOTE ? stringEnd(text, at) : at + 1;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
    if (depth === 0) return at;
  }
  return at;
}

function scalarEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isAfterScalar(text.charCodeAt(at))) at += 1;
  return at;
}

function isAfterScalar(code: number): boolean {
  return code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET || isWhitespace(code);
}

/** Position after the quote that ends a string: the first quote with an even number of backslashes before it. */
function stringEnd(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}
