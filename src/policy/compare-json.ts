/** Compares an argument with an operand of the policy, type first: what a server may convert is not compared. See docs/decisions/0080-types-come-first.md. */

import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonArray,
  JsonNumber,
  type JsonObject,
} from "../json/json.ts";
import { compareNumbers, isHeldByDouble } from "../json/compare-numbers.ts";
import { typeOfJson } from "../mcp/input-schema.ts";

/**
 * The result of a test of an existing value: true, false, or why the value cannot be tested.
 * `type`: a value of another JSON type than the operator needs. `precision`: a number that a double changes.
 * `size`: a subject that is too long. `encoding`: a text with a lone surrogate.
 */
export type TestResult = boolean | "type" | "precision" | "size" | "encoding";

// Security: servers convert `"0"`, `false` and `"yes"` to the type that they declare, so another type is never unequal.
/** Whether two values are equal, deeply. A pair of different types cannot be compared; one unequal pair decides. */
export function compareJson(subject: Json, operand: Json): TestResult {
  if (subject instanceof JsonNumber && operand instanceof JsonNumber) return compareExact(subject, operand);
  if (isJsonArray(subject) && isJsonArray(operand)) return compareLists(subject, operand);
  if (isJsonObject(subject) && isJsonObject(operand)) return compareObjects(subject, operand);
  return typeOfJson(subject) === typeOfJson(operand) ? subject === operand : "type";
}

function compareExact(subject: JsonNumber, operand: JsonNumber): TestResult {
  return isHeldByDouble(subject) ? compareNumbers(subject, operand) === 0 : "precision";
}

function compareLists(subject: JsonArray, operand: JsonArray): TestResult {
  if (subject.length !== operand.length) return false;
  return allOf(operand, (item, index) => compareJson(subject[index] ?? null, item));
}

/** A name that only one of the objects has cannot be compared: servers drop names, and fill in defaults. */
function compareObjects(subject: JsonObject, operand: JsonObject): TestResult {
  const names = new Set([...operand.keys(), ...subject.keys()]);
  return allOf(Array.from(names), (name) =>
    compareJson(subject.get(name) ?? null, operand.get(name) ?? null),
  );
}

/** True when every test is true. A false one decides, then one that cannot be made. */
export function allOf<Item>(
  items: readonly Item[],
  test: (item: Item, index: number) => TestResult,
): TestResult {
  return negated(anyOf(items, (item, index) => negated(test(item, index))));
}

/** True when some test is true. A true one decides, then one that cannot be made. */
export function anyOf<Item>(
  items: readonly Item[],
  test: (item: Item, index: number) => TestResult,
): TestResult {
  let result: TestResult = false;
  for (const [index, item] of items.entries()) {
    const one = test(item, index);
    if (one === true) return true;
    if (result === false) result = one;
  }
  return result;
}

/** The opposite; a test that cannot be made has none. */
export function negated(result: TestResult): TestResult {
  return typeof result === "boolean" ? !result : result;
}
