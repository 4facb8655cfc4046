/** Operators of conditions, each compiled once into a test of one value. */

import { RE2JS, RE2Set } from "re2js";
import { isEqualJson } from "../json/equal.ts";
import { isJsonArray, type Json, type JsonArray, JsonNumber } from "../json/json.ts";
import { utf8Length } from "./measure.ts";
import { compareNumbers } from "../json/compare-numbers.ts";

export const OPERATORS = [
  "eq",
  "neq",
  "in",
  "not_in",
  "lt",
  "lte",
  "gt",
  "gte",
  "regex",
  "contains",
  "exists",
  "starts_with",
  "ends_with",
  "not_exists",
] as const;
export type Operator = (typeof OPERATORS)[number];

/** The result of a test of an existing value: true, false, or why the value cannot be tested. */
export type TestResult = boolean | "type" | "size";
export type ValueTest = (subject: Json) => TestResult;

export type CompiledTest =
  | { readonly ok: true; readonly test: ValueTest }
  /** `expected` completes `must be ...`. */
  | { readonly ok: false; readonly expected: string };

/** Longest subject of a regular expression, in bytes of UTF-8. */
const MAX_SUBJECT_BYTES = 16 * 1024;

/** Compiles an operator with its value. The tests of `exists` and `not_exists` expect an existing value. */
export function compileTest(operator: Operator, value: Json): CompiledTest {
  switch (operator) {
    case "eq":
      return compiled((subject) => isEqualJson(subject, value));
    case "neq":
      return compiled((subject) => !isEqualJson(subject, value));
    case "in":
      return membership(value, true);
    case "not_in":
      return membership(value, false);
    case "lt":
      return comparison(value, (order) => order < 0);
    case "lte":
      return comparison(value, (order) => order <= 0);
    case "gt":
      return comparison(value, (order) => order > 0);
    case "gte":
      return comparison(value, (order) => order >= 0);
    case "regex":
      return expression(value);
    case "contains":
      return compiled((subject) => contains(subject, value));
    case "starts_with":
      return affix(value, (subject, text) => subject.startsWith(text));
    case "ends_with":
      return affix(value, (subject, text) => subject.endsWith(text));
    case "exists":
      return presence(value, true);
    case "not_exists":
      return presence(value, false);
  }
}

function compiled(test: ValueTest): CompiledTest {
  return { ok: true, test };
}

function membership(value: Json, isWanted: boolean): CompiledTest {
  if (!isJsonArray(value)) return { ok: false, expected: "a list" };
  const texts = new Set(value.filter((item) => typeof item === "string"));
  const others = value.filter((item) => typeof item !== "string");
  return compiled((subject) => isMember(subject, texts, others) === isWanted);
}

function isMember(subject: Json, texts: ReadonlySet<string>, others: JsonArray): boolean {
  if (typeof subject === "string") return texts.has(subject);
  return others.some((item) => isEqualJson(subject, item));
}

function comparison(value: Json, holds: (order: number) => boolean): CompiledTest {
  if (!(value instanceof JsonNumber)) return { ok: false, expected: "a number" };
  return compiled((subject) => {
    return subject instanceof JsonNumber ? holds(compareNumbers(subject, value)) : "type";
  });
}

function expression(value: Json): CompiledTest {
  if (typeof value !== "string") return { ok: false, expected: "a regular expression in a string" };
  const match = compilePattern(value);
  if (match === undefined) {
    return {
      ok: false,
      expected: "a regular expression in RE2 syntax (without look-around and back-references)",
    };
  }
  return compiled((subject) => {
    if (typeof subject !== "string") return "type";
    return isTooLong(subject) ? "size" : match(subject);
  });
}

/** Whether some part of a string matches; undefined when RE2 does not accept the pattern. */
function compilePattern(text: string): ((subject: string) => boolean) | undefined {
  try {
    // A set only parses what is added, which finds every fault. Compiling costs 5 times as much, so it waits for a call.
    new RE2Set().add(text);
  } catch {
    return undefined;
  }
  let pattern: RE2JS | undefined;
  return (subject) => (pattern ??= RE2JS.compile(text)).test(subject);
}

// Security: a match takes time linear in the subject, and the agent chooses the subject.
function isTooLong(subject: string): boolean {
  return subject.length > MAX_SUBJECT_BYTES || utf8Length(subject) > MAX_SUBJECT_BYTES;
}

/** Whether a string contains a string, or an array an equal element. */
function contains(subject: Json, value: Json): TestResult {
  if (typeof subject === "string") return typeof value === "string" ? subject.includes(value) : "type";
  return isJsonArray(subject) ? subject.some((item) => isEqualJson(item, value)) : "type";
}

function affix(value: Json, holds: (subject: string, text: string) => boolean): CompiledTest {
  if (typeof value !== "string") return { ok: false, expected: "a string" };
  return compiled((subject) => (typeof subject === "string" ? holds(subject, value) : "type"));
}

function presence(value: Json, answer: boolean): CompiledTest {
  if (typeof value !== "boolean") return { ok: false, expected: "true or false" };
  return compiled(() => value === answer);
}
