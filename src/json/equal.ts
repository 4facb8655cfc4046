/** Compares JSON values: numbers by value, arrays by element, objects by name in any order. */

import { isJsonArray, isJsonObject, type Json, type JsonArray, JsonNumber, type JsonObject } from "./json.ts";
import { compareNumbers } from "./compare-numbers.ts";

/** Whether two values are equal, deeply and exactly: `1.0` equals `1`, and `"1"` does not. */
export function isEqualJson(one: Json, other: Json): boolean {
  if (one instanceof JsonNumber) return other instanceof JsonNumber && compareNumbers(one, other) === 0;
  if (isJsonArray(one)) return isJsonArray(other) && isEqualList(one, other);
  if (isJsonObject(one)) return isJsonObject(other) && isEqualObject(one, other);
  return one === other;
}

function isEqualList(one: JsonArray, other: JsonArray): boolean {
  return one.length === other.length && one.every((item, index) => isEqualJson(item, other[index] ?? null));
}

function isEqualObject(one: JsonObject, other: JsonObject): boolean {
  if (one.size !== other.size) return false;
  for (const [name, value] of one) {
    const match = other.get(name);
    if (match === undefined || !isEqualJson(value, match)) return false;
  }
  return true;
}
