/** A JSON value as an error message names it: short, and with strings in quotes. */

import { isJsonArray, type Json, JsonNumber } from "./json.ts";

const MAX_SHOWN_LENGTH = 60;

/** `"fortnight"`, `12`, `true`, `null`, `a list`, `an object`. */
export function describeJson(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(shortenText(value));
  if (value instanceof JsonNumber) return shortenText(value.token);
  return isJsonArray(value) ? "a list" : "an object";
}

/** The start of a text that is too long to repeat whole. */
export function shortenText(text: string): string {
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}
