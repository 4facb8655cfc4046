/** Prints JSON values as text: whole, with numbers as they were written, or in short for an error message. */

import { isJsonArray, type Json, type JsonArray, JsonNumber, type JsonObject } from "./json.ts";

/** Prints a value: minified without `indent`, else one entry a line and `indent` more spaces a level. */
export function printJson(value: Json, indent = 0, depth = 0): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof JsonNumber) return value.token;
  return isList(value) ? printList(value, indent, depth) : printObject(value, indent, depth);
}

function isList(value: JsonArray | JsonObject): value is JsonArray {
  return Array.isArray(value);
}

function printList(list: JsonArray, indent: number, depth: number): string {
  const items = list.map((item) => printJson(item, indent, depth + 1));
  return enclose("[", items, "]", { indent, depth });
}

function printObject(object: JsonObject, indent: number, depth: number): string {
  const colon = indent === 0 ? ":" : ": ";
  const items = Array.from(object, ([name, item]) => {
    return `${JSON.stringify(name)}${colon}${printJson(item, indent, depth + 1)}`;
  });
  return enclose("{", items, "}", { indent, depth });
}

interface Layout {
  readonly indent: number;
  readonly depth: number;
}

function enclose(open: string, items: readonly string[], close: string, layout: Layout): string {
  if (items.length === 0) return open + close;
  if (layout.indent === 0) return open + items.join(",") + close;
  const outer = `\n${" ".repeat(layout.indent * layout.depth)}`;
  const inner = outer + " ".repeat(layout.indent);
  return open + inner + items.join(`,${inner}`) + outer + close;
}

const MAX_SHOWN_LENGTH = 60;

/** Names a value in an error message: `"fortnight"`, `12`, `true`, `null`, `a list`, `an object`. */
export function describeJson(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(shortenText(value));
  if (value instanceof JsonNumber) return shortenText(value.token);
  return isJsonArray(value) ? "a list" : "an object";
}

/** Cuts a text after 60 characters, with `…` at the end. */
export function shortenText(text: string): string {
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}
