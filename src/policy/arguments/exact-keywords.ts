/** Keywords that compare numbers or whole values, evaluated on the values as written instead of on doubles. */

import { type CodeKeywordDefinition, type KeywordCxt, _ } from "ajv";
import { compareNumbers, isMultiple } from "../../json/compare-numbers.ts";
import { equalityKey, isEqualJson } from "../../json/equal.ts";
import { type Json, JsonNumber } from "../../json/json.ts";
import { childAt, numberOf, PlainValue, requirePart } from "./plain-value.ts";
import { UncheckedError } from "./unchecked.ts";
import { spend } from "./work-bound.ts";

/** The value under validation; a validation is synchronous. */
let subject = new PlainValue(null);

/** Begins the validation of a value. */
export function beginSubject(value: PlainValue): void {
  subject = value;
}

/** Whether a value meets the keyword. `data` is a part of the plain value, found in `parent` under `key`. */
type Test = (data: unknown, parent: unknown, key: string | number) => boolean;

/** Makes the test of a keyword from its operand. */
type CompileTest = (operand: Json) => Test;

const EXACT: Readonly<Record<string, CompileTest>> = {
  minimum: limit((order) => order >= 0),
  maximum: limit((order) => order <= 0),
  exclusiveMinimum: limit((order) => order > 0),
  exclusiveMaximum: limit((order) => order < 0),
  multipleOf,
  const: (operand) => membership([operand]),
  enum: (operand) => membership([operand].flat()),
  uniqueItems: (operand) => (operand === true ? areDistinct : () => true),
};

export const EXACT_KEYWORDS: readonly (readonly [string, CompileTest])[] = Object.entries(EXACT);

/** Replaces the code of the library's keyword by the exact test. `schema` is the whole schema. */
export function makeExact(compile: CompileTest, definition: CodeKeywordDefinition, schema: PlainValue): void {
  definition.error = { message: "", params: _`{}` };
  definition.code = (cxt) => {
    const test = cxt.gen.scopeValue("func", { ref: compile(operandOf(cxt, schema)) });
    const { it, data } = cxt;
    cxt.fail(_`!${test}(${data}, ${it.parentData}, ${it.parentDataProperty})`);
  };
}

/** The keyword's operand as written; a schema that the library brings along is read from its doubles. */
function operandOf({ keyword, schema: plain, parentSchema }: KeywordCxt, schema: PlainValue): Json {
  const written = childAt(schema.sourceOf(parentSchema), keyword);
  return written === undefined ? toJson(plain) : written;
}

function toJson(plain: unknown): Json {
  if (typeof plain === "number") return numberOf(plain);
  if (Array.isArray(plain)) return plain.map(toJson);
  return typeof plain === "boolean" ? plain : String(plain);
}

function limit(holds: (order: number) => boolean): CompileTest {
  return (operand) => {
    const bound = requireNumber(operand);
    const double = Number(bound.token);
    const isExact = compareNumbers(numberOf(double), bound) === 0;
    return (data, parent, key) =>
      isExact && subject.isExact
        ? holds(Number(data) - double)
        : holds(compareNumbers(numberAt(data, parent, key), bound));
  };
}

function multipleOf(operand: Json): Test {
  const divisor = requireNumber(operand);
  if (compareNumbers(divisor, ZERO) <= 0) throw new Error("multipleOf must be above 0");
  return (data, parent, key) => {
    const result = isMultiple(numberAt(data, parent, key), divisor);
    if (result === undefined) throw new UncheckedError("have a number that cannot be divided exactly");
    return result;
  };
}

const ZERO = new JsonNumber("0");

function membership(values: readonly Json[]): Test {
  const texts = new Set(values.filter((value) => typeof value === "string"));
  const others = values.filter((value) => typeof value !== "string");
  return (data, parent, key) => {
    if (typeof data === "string") return texts.has(data);
    const written = valueAt(data, parent, key);
    return others.some((other) => {
      spend(1);
      return isEqualJson(written, other);
    });
  };
}

/** Characters of the items that count as one step. */
const CHARACTERS_PER_STEP = 8;

function areDistinct(data: unknown, parent: unknown, key: string | number): boolean {
  const seen = new Set<string>();
  for (const item of [valueAt(data, parent, key)].flat()) {
    const itemKey = equalityKey(item);
    spend(1 + itemKey.length / CHARACTERS_PER_STEP);
    if (seen.has(itemKey)) return false;
    seen.add(itemKey);
  }
  return true;
}

function requireNumber(operand: Json): JsonNumber {
  return requirePart([operand].find((each) => each instanceof JsonNumber));
}

function numberAt(data: unknown, parent: unknown, key: string | number): JsonNumber {
  if (subject.isExact) return numberOf(Number(data));
  return requireNumber(valueAt(data, parent, key));
}

function valueAt(data: unknown, parent: unknown, key: string | number): Json {
  if (typeof data === "string" || typeof data === "boolean" || data === null) return data;
  if (data === subject.plain) return subject.json;
  return typeof data === "object"
    ? requirePart(subject.sourceOf(data))
    : requirePart(childAt(subject.sourceOf(parent), key));
}
