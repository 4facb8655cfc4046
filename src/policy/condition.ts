/** Conditions: one test of one argument, compiled once. */

import { printJson, shortenText } from "../json/print-json.ts";
import { isJsonArray, type Json, JsonNumber, type JsonObject } from "../json/json.ts";
import { MEASURES, type Measure, measure } from "./measure.ts";
import { type ArgumentAmbiguity, argumentAmbiguity, mayBeStructure } from "./argument-ambiguity.ts";
import type { TestResult } from "./compare-json.ts";
import { type Operator, OPERATORS, type ValueTest, compileTest } from "./operator.ts";
import { type ArgumentPath, parseArgumentPath, resolveArgument, WRONG_CONTAINER } from "../json/path.ts";
import type { DocumentPath } from "./schema/document-path.ts";
import {
  anyJson,
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
  readonly segments: ArgumentPath;
  readonly operator: Operator;
  readonly of: Measure;
  readonly value: Json;
  /** The condition in messages: `args.amount gt 100`, `length of args.items lte 20`. */
  readonly text: string;
  readonly test: ValueTest;
}

interface Entry {
  readonly path: string;
  readonly op: Operator;
  readonly value?: Json;
  readonly of?: Measure;
  readonly description?: string;
}

/** Reads a condition of the document, `{ path, op, value, of }`, and compiles it. */
export const CONDITION: Shape<Condition> = refine(
  object<Entry>({
    path: required(string(1)),
    op: required(oneOf(...OPERATORS)),
    value: optional(anyJson()),
    of: optional(oneOf(...MEASURES)),
    description: optional(string()),
  }),
  compileCondition,
);

function compileCondition(entry: Entry, place: DocumentPath): Condition | undefined {
  const segments = readPath(entry.path, place.at("path"));
  const of = entry.of ?? "value";
  const value = entry.value === undefined && entry.op === "not_exists" ? true : entry.value;
  if (value === undefined) return place.at("value").report("is required");
  const compiled = compileTest(entry.op, value);
  if (!compiled.ok) return reportUnexpected(place.at("value"), compiled.expected, value);
  if (!isMeasurable(entry.op, of, value, place) || segments === undefined) return undefined;
  const condition = { path: entry.path, segments, operator: entry.op, of, value, test: compiled.test };
  return { ...condition, text: describeCondition(condition) };
}

/** Parses a path into the arguments; undefined after reporting a problem. */
export function readPath(path: string, place: DocumentPath): ArgumentPath | undefined {
  const expected = 'a path such as args.name, args.name.inner, args["a.b"] or args.items[0]';
  return parseArgumentPath(path) ?? reportUnexpected(place, expected, path);
}

/** Operators that compare; only these apply to a length or a number of bytes. */
const COMPARING: readonly Operator[] = ["eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte"];

function isMeasurable(operator: Operator, of: Measure, value: Json, place: DocumentPath): boolean {
  if (of === "value") return true;
  if (!COMPARING.includes(operator)) {
    place.at("of").report(`must be "value" with ${operator}, got "${of}"`);
    return false;
  }
  const operands = isJsonArray(value) ? value : [value];
  const wrong = operands.find((operand) => !(operand instanceof JsonNumber));
  if (wrong !== undefined) reportUnexpected(place.at("value"), `a number when "of" is "${of}"`, wrong);
  return wrong === undefined;
}

function describeCondition(condition: Omit<Condition, "text">): string {
  const subject = condition.of === "value" ? condition.path : `${condition.of} of ${condition.path}`;
  if (condition.operator === "not_exists" && condition.value === true) return `${subject} not_exists`;
  return `${subject} ${condition.operator} ${shortenText(printJson(condition.value))}`;
}

/** Whether the operator tests the presence of an argument. */
export function isPresence(operator: Operator): boolean {
  return operator === "exists" || operator === "not_exists";
}

/**
 * Evaluates the condition on a call's arguments. Returns `missing` when the argument is absent or null: the condition is
 * false then, and unevaluable under `strict`. `exists` and `not_exists` never return `missing`. Returns `type` when the
 * path goes on below a value that has no such parts.
 */
export function evaluate(condition: Condition, args: JsonObject): TestResult | "missing" {
  const found = resolveArgument(args, condition.segments);
  if (found === WRONG_CONTAINER) return "type";
  if (found === undefined) return isPresence(condition.operator) ? !condition.test(null) : "missing";
  const subject = measure(found, condition.of);
  return subject === undefined ? "type" : condition.test(subject);
}

/** Returns why the server may read the argument of the condition differently; undefined when it cannot. */
export function conditionAmbiguity(
  { segments, operator, of }: Condition,
  args: JsonObject,
  inputSchema?: JsonObject,
): ArgumentAmbiguity | undefined {
  const ambiguity = argumentAmbiguity(args, segments, inputSchema);
  if (ambiguity !== undefined || (operator !== "contains" && of === "value")) return ambiguity;
  const found = resolveArgument(args, segments);
  if (found === undefined || found === WRONG_CONTAINER) return undefined;
  return mayBeStructure(found, segments, inputSchema) ? "type" : undefined;
}
