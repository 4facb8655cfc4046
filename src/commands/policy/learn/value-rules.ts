/** Makes conditions of the values that were seen, and keeps those that hold for every one of them. */

import { compilePolicy } from "../../../policy/document/compile.ts";
import { parsePolicy } from "../../../policy/document/document.ts";
import { evaluateRule, type Rule } from "../../../policy/rule.ts";
import { type Json, type JsonNumber, type JsonObject } from "../../../json/json.ts";
import { type ArgumentPath, parseArgumentPath } from "../../../json/path.ts";
import { pluralize } from "../../cli/command.ts";
import type { SeenValues } from "./seen-values.ts";

/** The rule for one argument, or why there is none. */
export interface ValueRule {
  readonly path: string;
  readonly rule?: JsonObject;
  /** For people: how many values, in how many calls; or why there is no rule. */
  readonly note: string;
}

/** `calls` is the number of all calls that passed: an argument that was not looked at in each of them has no rule. */
export function valueRule(path: string, seen: SeenValues, calls: number): ValueRule {
  const problem = seen.calls < calls ? `looked at in ${seen.calls} of ${calls} calls` : seen.problem;
  const segments = parseArgumentPath(path);
  // The value beside an index, and that of all arguments, has no place of its own.
  if (problem !== undefined || !segments?.every(isName) || segments.length === 0)
    return { path, note: `${path}: no rule, ${problem ?? "not the path of one argument"}` };
  const conditions = conditionsOf(path, seen);
  const note = noteOf(path, seen);
  const rule = new Map<string, Json>([
    ["description", note],
    ["conditions", conditions],
  ]);
  if (holdsForAll(rule, segments, seen)) return { path, rule, note };
  return { path, note: `${path}: no rule, servers may read some of its values in several ways` };
}

function isName(segment: ArgumentPath[number]): segment is string {
  return typeof segment === "string";
}

function conditionsOf(path: string, { values, range, given, calls }: SeenValues): Json[] {
  const optional: [string, Json][] = given < calls ? [["if_present", true]] : [];
  const condition = (op: string, value: Json): JsonObject =>
    new Map<string, Json>([["path", path], ["op", op], ["value", value], ...optional]);
  if (range === undefined) return [condition("in", values)];
  return [condition("gte", range.least), condition("lte", range.greatest)];
}

function noteOf(path: string, { values, range, given, calls }: SeenValues): string {
  const inCalls = given === calls ? `in ${pluralize(calls, "call")}` : `in ${given} of ${calls} calls`;
  if (range === undefined) return `${path}: ${pluralize(values.length, "value")} ${inCalls}`;
  return `${path}: from ${range.least.token} to ${range.greatest.token} ${inCalls}`;
}

// Security: a condition that cannot be evaluated denies, so a rule must let its own values pass under every schema.
/** Whether the rule lets every seen value pass, under each type that the tool's schema may declare. */
function holdsForAll(rule: JsonObject, path: readonly string[], seen: SeenValues): boolean {
  const compiled = compileRule(rule);
  if (compiled === undefined) return false;
  const values: (Json | undefined)[] = [...seen.values, ...numbersOf(seen)];
  if (seen.given < seen.calls) values.push(undefined);
  if (seen.nulls > 0) values.push(null);
  return values.every((value) =>
    SCHEMA_TYPES.every((type) => {
      const args = value === undefined ? EMPTY : nested(path, value);
      const schema = type === undefined ? {} : { inputSchema: schemaOf(path, type) };
      return evaluateRule(compiled, { agent: "", args, ...schema }, []) === undefined;
    }),
  );
}

function numbersOf({ range }: SeenValues): readonly JsonNumber[] {
  return range === undefined ? [] : [range.least, range.greatest];
}

const EMPTY: JsonObject = new Map();
const SCHEMA_TYPES: readonly (Json | undefined)[] = [
  undefined,
  "string",
  "integer",
  "number",
  "boolean",
  ["string", "null"],
  ["integer", "null"],
];

function compileRule(rule: JsonObject): Rule | undefined {
  const entry: JsonObject = new Map([["require", [rule]]]);
  const document: JsonObject = new Map<string, Json>([
    ["version", "1"],
    ["default", "deny"],
    ["tools", new Map([["tool", entry]])],
  ]);
  const parsed = parsePolicy(document);
  if (!parsed.ok) return undefined;
  const { forTool } = compilePolicy(parsed.document, { digest: "" });
  return forTool("tool").entriesFor("unknown")[0]?.rules[0];
}

/** Arguments with this value at the path. */
function nested(path: readonly string[], value: Json): JsonObject {
  const inside = path.toReversed().reduce<Json>((inner, name) => new Map([[name, inner]]), value);
  return inside instanceof Map ? inside : EMPTY;
}

function schemaOf(path: readonly string[], type: Json): JsonObject {
  return path.toReversed().reduce<JsonObject>(
    (inner, name) =>
      new Map<string, Json>([
        ["type", "object"],
        ["properties", new Map([[name, inner]])],
      ]),
    new Map([["type", type]]),
  );
}
