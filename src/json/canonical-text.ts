/** Prints equal values as the same text: members by name, numbers by value. */

import { compareNumbers } from "./compare-numbers.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber } from "./json.ts";

/** Returns the same text for values that differ only in the order of members and in how a number is written. */
export function canonicalText(json: Json): string {
  if (json instanceof JsonNumber) return canonicalNumber(json);
  if (isJsonArray(json)) return `[${json.map(canonicalText).join(",")}]`;
  if (!isJsonObject(json)) return JSON.stringify(json);
  const members = Array.from(json).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonicalText(value)}`).join(",")}}`;
}

/** `1`, `1.0` and `1e0` are one number. Security: a number that a double changes keeps its token. */
function canonicalNumber(number: JsonNumber): string {
  const exact = new JsonNumber(String(Number(number.token)));
  return Number.isFinite(Number(exact.token)) && compareNumbers(number, exact) === 0
    ? exact.token
    : number.token;
}
