/** Conditions: one test of one argument, or of the caller, compiled once. */

import { printJson, shortenText } from "../json/print-json.ts";
import { isJsonArray, type Json, JsonNumber, type JsonObject } from "../json/json.ts";
import {
  callerPathExpected,
  type Caller,
  type CallerPath,
  conditionRoot,
  parseCallerPath,
} from "./caller.ts";
import { CONDITION_MEASURES, type ConditionMeasure, isUrlPart, measure } from "./measure.ts";
import { expectedOperand, operatorsOn } from "./guards/url-part.ts";
import { type ArgumentAmbiguity, argumentAmbiguity, mayBeOther } from "./argument-ambiguity.ts";
import type { TestResult } from "./compare-json.ts";
import { isOtherResult, otherReadings } from "./other-readings.ts";
import { isWellFormedJson } from "../json/well-formed.ts";
import { type Operator, OPERATORS, type ValueTest, compileTest, isPresence } from "./operator.ts";
import {
  type ArgumentPath,
  EVERY_ITEM,
  hasEveryItem,
  parseArgumentPath,
  parseItemsPath,
  resolveArgument,
  resolveItems,
  WRONG_CONTAINER,
} from "../json/path.ts";
import { CONDITION_KEYS } from "./reference/key-words.ts";
import { CONDITION_MEASURE_WORDS, OPERATOR_WORDS } from "./reference/value-words.ts";
import { TIME_ZONE } from "./time/read-zone.ts";
import type { TimeZone } from "./time/time-zone.ts";
import type { DocumentPath } from "./schema/document-path.ts";
import {
  anyJson,
  boolean,
  explained,
  object,
  optional,
  refine,
  reportUnexpected,
  required,
  type Shape,
  string,
  oneOf,
} from "./schema/schema.ts";

export interface Condition {
  /** The path as the author wrote it: `args.amount`. */
  readonly path: string;
  /** Below `args`; below `caller` where there is a `callerPath`. */
  readonly segments: ArgumentPath;
  /** Present in a condition on the caller. */
  readonly callerPath?: CallerPath;
  readonly zone?: TimeZone;
  readonly operator: Operator;
  readonly of: ConditionMeasure;
  readonly value: Json;
  /** Whether the test must hold for every value that a path with `[*]` finds, or for some; absent for other paths. */
  readonly items?: Quantifier;
  /** The condition holds when the argument is missing. */
  readonly isOptional: boolean;
  /** The condition in messages: `args.amount gt 100`, `length of args.items lte 20`. */
  readonly text: string;
  readonly test: ValueTest;
}

export const QUANTIFIERS = ["every", "some"] as const;
export type Quantifier = (typeof QUANTIFIERS)[number];

interface Entry {
  readonly path: string;
  readonly op: Operator;
  readonly value?: Json;
  readonly of?: ConditionMeasure;
  readonly items?: Quantifier;
  readonly if_present?: boolean;
  readonly timezone?: TimeZone;
  readonly description?: string;
}

/** Reads a condition of the document, `{ path, op, value, of }`, and compiles it. */
export const CONDITION: Shape<Condition> = refine(
  object<Entry>(
    {
      path: required(string(1)),
      op: required(explained(OPERATORS, OPERATOR_WORDS)),
      value: optional(anyJson()),
      of: optional(explained(CONDITION_MEASURES, CONDITION_MEASURE_WORDS)),
      items: optional(oneOf(...QUANTIFIERS)),
      if_present: optional(boolean()),
      timezone: optional(TIME_ZONE),
      description: optional(string()),
    },
    CONDITION_KEYS,
  ),
  compileCondition,
);

function compileCondition(entry: Entry, place: DocumentPath): Condition | undefined {
  const callerPath = parseCallerPath(entry.path);
  const segments = readItemsPath(entry, callerPath, place);
  const of = entry.of ?? "value";
  const value = entry.value === undefined && entry.op === "not_exists" ? true : entry.value;
  if (value === undefined) return place.at("value").report("is required");
  const compiled = compileTest(entry.op, value);
  if (!compiled.ok) return reportUnexpected(place.at("value"), compiled.expected, value);
  if (!isMeasurable(entry.op, of, value, place) || segments === undefined) return undefined;
  const isOptional = entry.if_present === true;
  if (isOptional && isPresence(entry.op)) {
    return place.at("if_present").report(`must not stand beside ${entry.op}`);
  }
  const isUnzoned = entry.timezone === undefined || callerPath?.[0] === "now";
  if (!isUnzoned) return place.at("timezone").report("needs a condition on the time, such as now.hour");
  const condition = {
    path: entry.path,
    segments,
    ...(callerPath && { callerPath }),
    ...(entry.timezone && { zone: entry.timezone }),
    operator: entry.op,
    of,
    value,
    ...(entry.items !== undefined && { items: entry.items }),
    isOptional,
    test: compiled.test,
  };
  return { ...condition, text: describeCondition(condition) };
}

const PATHS = 'a path such as args.name, args.name.inner or args["a.b"]';
const CONDITION_PATHS = 'a path such as args.name, args.name.inner, args["a.b"] or args.items[*]';

/** Parses a path to one argument; undefined after reporting a problem. */
export function readPath(path: string, place: DocumentPath): ArgumentPath | undefined {
  return parseArgumentPath(path) ?? reportUnexpected(place, PATHS, path);
}

/** Parses the path of a condition, which may have `[*]` with `items` beside it. */
function readItemsPath(
  { path, items }: Entry,
  callerPath: CallerPath | undefined,
  place: DocumentPath,
): ArgumentPath | undefined {
  const segments = callerPath ?? parseItemsPath(path);
  if (segments === undefined) {
    return reportUnexpected(place.at("path"), callerPathExpected(path) ?? CONDITION_PATHS, path);
  }
  if (hasEveryItem(segments) === (items !== undefined)) return segments;
  if (items === undefined) return place.at("items").report('must be "every" or "some" when the path has [*]');
  return place.at("items").report("needs a path with [*], such as args.items[*].amount");
}

/** Operators that compare; only these apply to a length or a number of bytes. */
const COMPARING: readonly Operator[] = ["eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte"];

function isMeasurable(operator: Operator, of: ConditionMeasure, value: Json, place: DocumentPath): boolean {
  if (of === "value") return true;
  if (!(isUrlPart(of) ? operatorsOn(of) : COMPARING).includes(operator)) {
    place.at("of").report(`must be "value" with ${operator}, got "${of}"`);
    return false;
  }
  if (isUrlPart(of)) {
    const expected = expectedOperand(of, operator, value);
    if (expected !== undefined) reportUnexpected(place.at("value"), expected, value);
    return expected === undefined;
  }
  const operands = isJsonArray(value) ? value : [value];
  const wrong = operands.find((operand) => !(operand instanceof JsonNumber));
  if (wrong !== undefined) reportUnexpected(place.at("value"), `a number when "of" is "${of}"`, wrong);
  return wrong === undefined;
}

function describeCondition(condition: Omit<Condition, "text">): string {
  const measured = condition.of === "value" ? condition.path : `${condition.of} of ${condition.path}`;
  const items = condition.items === undefined ? measured : `${condition.items} ${measured}`;
  const subject = condition.isOptional ? `if present, ${items}` : items;
  if (condition.operator === "not_exists" && condition.value === true) return `${subject} not_exists`;
  return `${subject} ${condition.operator} ${shortenText(printJson(condition.value))}`;
}

/**
 * Evaluates the condition on a call's arguments, or on its caller. Returns `missing` when the argument is absent or
 * null: the condition is false then, and unevaluable under `strict`. `exists` and `not_exists` never return `missing`. Returns `type` when the
 * path goes on below a value that has no such parts. Of the values that a path with `[*]` finds, one decides for `some`
 * when the test holds, and for `every` when it does not; without values `every` holds.
 */
export function evaluate(condition: Condition, args: JsonObject, caller?: Caller): TestResult | "missing" {
  const { items, segments } = condition;
  const root = conditionRoot(condition, args, caller);
  if (items === undefined) return evaluateFound(condition, resolveArgument(root, segments));
  if (condition.isOptional && isListMissing(root, segments)) return true;
  const found = resolveItems(root, segments);
  const results = found.map((each) => evaluateFound(condition, each));
  const deciding = items === "some";
  // Security: a text that servers read differently decides before its neighbours do.
  if (results.includes("encoding")) return "encoding";
  if (results.includes(deciding)) return deciding;
  const unevaluable = results.find((result) => typeof result === "string" && result !== "missing");
  if (unevaluable !== undefined) return unevaluable;
  return results.includes("missing") ? "missing" : !deciding;
}

function isListMissing(args: JsonObject, segments: ArgumentPath): boolean {
  return resolveArgument(args, segments.slice(0, segments.indexOf(EVERY_ITEM))) === undefined;
}

function evaluateFound(
  condition: Condition,
  found: ReturnType<typeof resolveArgument>,
): TestResult | "missing" {
  if (found === WRONG_CONTAINER) return "type";
  if (found === undefined) {
    if (isPresence(condition.operator)) return !condition.test(null);
    return condition.isOptional ? condition.items !== "some" : "missing";
  }
  if (!isPresence(condition.operator) && !isWellFormedJson(found)) return "encoding";
  const subject = measure(found, condition.of);
  return subject === undefined ? "type" : condition.test(subject);
}

/** Returns why the server may read the argument of the condition differently; undefined when it cannot. */
export function conditionAmbiguity(
  condition: Condition,
  args: JsonObject,
  inputSchema?: JsonObject,
): ArgumentAmbiguity | undefined {
  const { segments, callerPath, items } = condition;
  if (callerPath !== undefined) return undefined;
  const ambiguity = argumentAmbiguity(args, segments, inputSchema);
  if (ambiguity !== undefined) return ambiguity;
  const found = items === undefined ? [resolveArgument(args, segments)] : resolveItems(args, segments);
  const texts = found.filter((each) => typeof each === "string");
  if (texts.some((text) => mayBeOther(condition, text, inputSchema))) return "type";
  // A text is no null and no fraction, which are the values that conversions change.
  return texts.length < found.length ? conversionAmbiguity(condition, args, inputSchema) : undefined;
}

/** Returns why the condition's result is another one for what a server may make of the arguments. */
function conversionAmbiguity(
  condition: Condition,
  args: JsonObject,
  inputSchema: JsonObject | undefined,
): ArgumentAmbiguity | undefined {
  if (isPresence(condition.operator)) return undefined;
  const readings = otherReadings(condition, args, inputSchema);
  if (readings.length === 0) return undefined;
  const result = evaluate(condition, args);
  return readings.find((reading) => isOtherResult(reading, result, evaluate(condition, reading.args)))?.cause;
}
