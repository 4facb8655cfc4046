/** Compares JSON values: numbers by value, arrays by element, objects by name in any order. */

import { isJsonArray, isJsonObject, type Json, type JsonArray, JsonNumber, type JsonObject } from "./json.ts";
import { compareNumbers, numberKey } from "./compare-numbers.ts";

/** Whether two values are equal, deeply and exactly: `1.0` equals `1`, and `"1"` does not. */
export function isEqualJson(one: Json, other: Json): boolean {
  if (one instanceof JsonNumber) return other instanceof JsonNumber && compareNumbers(one, other) === 0;
  if (isJsonArray(one)) return isJsonArray(other) && isEqualList(one, other);
  if (isJsonObject(one)) return isJsonObject(other) && isEqualObject(one, other);
  return one === other;
}

function isEqualList(one: JsonArray, other: JsonArray): boolean {
  return (
    one.length === other.length &&
    one.every((item, index) => {
      const counterpart = other[index];
      return counterpart !== undefined && isEqualJson(item, counterpart);
    })
  );
}

function isEqualObject(one: JsonObject, other: JsonObject): boolean {
  if (one.size !== other.size) return false;
  for (const [name, value] of one) {
    const match = other.get(name);
    if (match === undefined || !isEqualJson(value, match)) return false;
  }
  return true;
}

/** Returns a text that equal values, and only those, share. */
export function equalityKey(value: Json): string {
  if (value instanceof JsonNumber) return numberKey(value);
  if (isJsonArray(value)) return `[${value.map(equalityKey).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Array.from(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${equalityKey(member)}`).join(",")}}`;
}
