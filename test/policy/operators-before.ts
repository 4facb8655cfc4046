/** The rules as they were before types came first (decision 0080): the oracle of the property that no document becomes looser. */

import { isEqualJson } from "../../src/json/equal.ts";
import { compareNumbers } from "../../src/json/compare-numbers.ts";
import { isConfusableWith } from "../../src/json/confusable-names.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../src/json/json.ts";
import { measure, type Measure } from "../../src/policy/measure.ts";

export interface OldCondition {
  readonly segments: readonly string[];
  readonly op: string;
  readonly value: Json;
  readonly of: Measure;
}

export interface OldRule {
  readonly kind: "require" | "deny_if";
  readonly conditions: readonly OldCondition[];
}

type Result = boolean | "type" | "missing";

export function didDeny({ kind, conditions }: OldRule, args: JsonObject, isStrict: boolean): boolean {
  const results = conditions.map((condition) => evaluate(condition, args));
  if (results.some((result) => result === "type" || (result === "missing" && isStrict))) return true;
  const isMet = results.every((result) => result === true);
  if (kind === "require" ? !isMet : isMet) return true;
  return conditions.some(({ segments }) => isAmbiguous(args, segments));
}

/** Whether a limit that counts the argument denied because the amount was none. */
export function didDenyAmount(args: JsonObject, segments: readonly string[], of: Measure): boolean {
  const found = resolve(args, segments);
  const measured = found === undefined ? undefined : measure(found, of);
  const amount = measured instanceof JsonNumber ? Number(measured.token) : Number.NaN;
  return isAmbiguous(args, segments) || !Number.isFinite(amount) || amount < 0;
}

function evaluate({ segments, op, value, of }: OldCondition, args: JsonObject): Result {
  const found = resolve(args, segments);
  if (op === "exists" || op === "not_exists") return (found !== undefined) === ((op === "exists") === value);
  if (found === undefined) return "missing";
  const subject = measure(found, of);
  return subject === undefined ? "type" : test(op, subject, value);
}

function test(op: string, subject: Json, value: Json): Result {
  const isText = typeof subject === "string" && typeof value === "string";
  switch (op) {
    case "eq":
      return isEqualJson(subject, value);
    case "neq":
      return !isEqualJson(subject, value);
    case "in":
      return isJsonArray(value) && value.some((item) => isEqualJson(subject, item));
    case "not_in":
      return !test("in", subject, value);
    case "contains":
      if (typeof subject === "string") return isText ? subject.includes(value) : "type";
      return isJsonArray(subject) ? subject.some((item) => isEqualJson(item, value)) : "type";
    case "starts_with":
      return isText ? subject.startsWith(value) : "type";
    case "ends_with":
      return isText ? subject.endsWith(value) : "type";
    case "regex":
      return isText ? new RegExp(value, "u").test(subject) : "type";
    default:
      return compare(op, subject, value);
  }
}

function compare(op: string, subject: Json, value: Json): Result {
  if (!(subject instanceof JsonNumber) || !(value instanceof JsonNumber)) return "type";
  const order = compareNumbers(subject, value);
  if (order === 0) return op.endsWith("e");
  return op.startsWith("g") ? order > 0 : order < 0;
}

function resolve(args: JsonObject, segments: readonly string[]): Json | undefined {
  let value: Json | undefined = args;
  for (const segment of segments) {
    value = childOf(value, segment);
    if (value === undefined) return undefined;
  }
  return value ?? undefined;
}

function childOf(value: Json, segment: string): Json | undefined {
  if (isJsonObject(value)) return value.get(segment);
  return isJsonArray(value) && /^(?:0|[1-9]\d{0,8})$/.test(segment) ? value[Number(segment)] : undefined;
}

function isAmbiguous(args: JsonObject, segments: readonly string[]): boolean {
  let value: Json | undefined = args;
  for (const segment of segments) {
    if (typeof value === "string") return /^[ \t\n\r]*[[{]/.test(value);
    if (isJsonObject(value) && Array.from(value.keys()).some((name) => isConfusableWith(name, segment)))
      return true;
    value = childOf(value, segment);
    if (value === undefined) return false;
  }
  return false;
}
