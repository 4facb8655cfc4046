/** Operators of conditions, each compiled once into a test of one value. */

import { RE2JS, RE2Set } from "re2js";
import { isJsonArray, type Json, type JsonArray, JsonNumber } from "../json/json.ts";
import { type JsonType, typeOfJson } from "../mcp/input-schema.ts";
import { anyOf, compareJson, negated, type TestResult } from "./compare-json.ts";
import { addressSet, isAddress } from "./guards/addresses.ts";
import { hostIn } from "./guards/host-in.ts";
import { instantOf } from "./guards/instant.ts";
import { pathWithin } from "./guards/path-within.ts";
import { utf8Length } from "./measure.ts";
import { parseNamePattern } from "./names/pattern.ts";
import { compareNumbers, isHeldByDouble } from "../json/compare-numbers.ts";

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
  "path_within",
  "host_in",
  "cidr",
  "matches",
  "before",
  "after",
] as const;
export type Operator = (typeof OPERATORS)[number];

/** Whether the operator tests the presence of an argument. */
export function isPresence(operator: Operator): boolean {
  return operator === "exists" || operator === "not_exists";
}

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
      return compiled((subject) => compareJson(subject, value));
    case "neq":
      return compiled((subject) => negated(compareJson(subject, value)));
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
    case "path_within":
      return guard(value, pathWithin, "an absolute folder such as /srv/data, or a list of them");
    case "host_in":
      return guard(
        value,
        hostIn,
        "a host, *.example.com, an address, a CIDR range or @private, or a list of them",
      );
    case "cidr":
      return guard(value, inRanges, "an address, a CIDR range or @private, or a list of them");
    case "matches":
      return guard(value, matchesSome, "a text with * and ?, or a list of them");
    case "before":
      return moment(value, (time, bound) => time < bound);
    case "after":
      return moment(value, (time, bound) => time > bound);
  }
}

type MakeTest = (operands: readonly string[]) => ((subject: string) => TestResult) | undefined;

/** Compiles an operator on texts whose operand is one text or a list of some. */
function guard(value: Json, make: MakeTest, expected: string): CompiledTest {
  const operands = (isJsonArray(value) ? value : [value]).filter((item) => typeof item === "string");
  const isComplete = operands.length > 0 && operands.length === (isJsonArray(value) ? value.length : 1);
  const test = isComplete ? make(operands) : undefined;
  if (test === undefined) return { ok: false, expected };
  return compiled((subject) => (typeof subject === "string" ? test(subject) : "type"));
}

function inRanges(ranges: readonly string[]): ReturnType<MakeTest> {
  const isIn = addressSet(ranges);
  return isIn && ((subject) => (isAddress(subject) ? isIn(subject) : "type"));
}

function matchesSome(globs: readonly string[]): ReturnType<MakeTest> {
  const patterns = globs.map(parseNamePattern);
  return (subject) => (isTooLong(subject) ? "size" : patterns.some(({ matches }) => matches(subject)));
}

function moment(value: Json, holds: (time: number, bound: number) => boolean): CompiledTest {
  const bound = typeof value === "string" ? instantOf(value) : undefined;
  if (bound === undefined) return { ok: false, expected: "a time such as 2026-01-31T09:00:00Z" };
  return compiled((subject) => {
    const time = typeof subject === "string" ? instantOf(subject) : undefined;
    return time === undefined ? "type" : holds(time, bound);
  });
}

function compiled(test: ValueTest): CompiledTest {
  return { ok: true, test };
}

function membership(value: Json, isWanted: boolean): CompiledTest {
  if (!isJsonArray(value)) return { ok: false, expected: "a list" };
  const operands: Operands = {
    types: new Set(value.map(typeOfJson)),
    texts: new Set(value.filter((item) => typeof item === "string")),
    others: value.filter((item) => typeof item !== "string"),
  };
  return compiled((subject) => {
    const result = isMember(subject, operands);
    return isWanted ? result : negated(result);
  });
}

interface Operands {
  readonly types: ReadonlySet<JsonType>;
  readonly texts: ReadonlySet<string>;
  readonly others: JsonArray;
}

/** Compares with the operands of the subject's own type; without one of them the subject cannot be tested. Nothing is in an empty list. */
function isMember(subject: Json, { types, texts, others }: Operands): TestResult {
  const type = typeOfJson(subject);
  if (!types.has(type)) return types.size === 0 ? false : "type";
  if (typeof subject === "string") return texts.has(subject);
  const comparable = others.filter((item) => typeOfJson(item) === type);
  return anyOf(comparable, (item) => compareJson(subject, item));
}

function comparison(value: Json, holds: (order: number) => boolean): CompiledTest {
  if (!(value instanceof JsonNumber)) return { ok: false, expected: "a number" };
  return compiled((subject) => {
    if (!(subject instanceof JsonNumber)) return "type";
    return isHeldByDouble(subject) ? holds(compareNumbers(subject, value)) : "precision";
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

/** Whether a string contains a string, or a list an equal item. */
function contains(subject: Json, value: Json): TestResult {
  if (typeof subject === "string") return typeof value === "string" ? subject.includes(value) : "type";
  return isJsonArray(subject) ? anyOf(subject, (item) => compareJson(item, value)) : "type";
}

function affix(value: Json, holds: (subject: string, text: string) => boolean): CompiledTest {
  if (typeof value !== "string") return { ok: false, expected: "a string" };
  return compiled((subject) => (typeof subject === "string" ? holds(subject, value) : "type"));
}

function presence(value: Json, answer: boolean): CompiledTest {
  if (typeof value !== "boolean") return { ok: false, expected: "true or false" };
  return compiled(() => value === answer);
}
