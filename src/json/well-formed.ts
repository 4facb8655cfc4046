/** Finds surrogates that stand alone in values: servers read such a text as U+FFFD, as it is, or not at all. See docs/decisions/0142-lone-surrogates.md. */

import { isJsonArray, isJsonObject, type Json } from "./json.ts";

/** Whether no string of the value holds a lone surrogate; no name does, since the reader refuses it. */
export function isWellFormedJson(value: Json): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (isJsonArray(value)) return value.every(isWellFormedJson);
  if (!isJsonObject(value)) return true;
  for (const member of value.values()) if (!isWellFormedJson(member)) return false;
  return true;
}

/** Whether no string beside the value at a path of names holds one. */
export function isWellFormedBeside(value: Json, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  if (!isJsonObject(value)) return isWellFormedJson(value);
  return Array.from(value).every(([each, member]) =>
    each === name ? isWellFormedBeside(member, rest) : isWellFormedJson(member),
  );
}
