/** A JSON value as an error message names it: short, and with strings in quotes. */

import { isJsonArray, type Json, JsonNumber } from "./json.ts";

const LONGEST = 60;

/** `"fortnight"`, `12`, `true`, `null`, `a list`, `an object`. */
export function describeJson(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (value instanceof JsonNumber) return shorten(value.token);
  return isJsonArray(value) ? "a list" : "an object";
}

/** The start of a text that is too long to repeat whole. */
export function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
