/** Compares rules with a tool's inputSchema: unknown arguments, wrong types, impossible values, avoidable rules. */

import { type Condition, evaluate } from "../condition.ts";
import { isPresence } from "../operator.ts";
import { describeJson } from "../../json/print-json.ts";
import { isEqualJson } from "../../json/equal.ts";
import { type Finding, type PlacedEntry, type PlacedRule, placedRules, type Severity } from "./finding.ts";
import { amountFindings } from "./amount-findings.ts";
import {
  type CheckedTool,
  NEVER_DENIES,
  type Present,
  type Subject,
  suggestion,
  withArticle,
} from "./checked-tool.ts";
import { coercionFinding } from "./coercion.ts";
import { findArgument, type JsonType, typeOfJson } from "../../mcp/input-schema.ts";
import { isJsonArray, type Json, type JsonObject } from "../../json/json.ts";
import { isUrlPart, measure } from "../measure.ts";
import type { Operator } from "../operator.ts";
import { listWords } from "../schema/schema.ts";

/** Finds every contradiction between the rules of one entry and the schema of one tool. */
export function argumentFindings(entry: PlacedEntry, tool: CheckedTool): Finding[] {
  const rules = placedRules(entry);
  const needed = neededPaths([...rules, ...tool.common]);
  return [
    ...rules.flatMap((placed) => [
      ...conditionFindings(placed, tool),
      ...avoidableFinding(placed, tool, needed),
    ]),
    ...amountFindings(entry, tool, rules),
  ];
}

function conditionFindings(placed: PlacedRule, tool: CheckedTool): Finding[] {
  return placed.rule.conditions.flatMap((condition, index) => {
    if (condition.callerPath !== undefined) return [];
    const argument = findArgument(tool.schema, condition.segments);
    const isStrict = placed.rule.strict ?? tool.isStrict;
    const path = placed.place.at("conditions").at(index).path();
    switch (argument.kind) {
      case "open":
        return [];
      case "absent":
        return [absentFinding({ condition, kind: placed.kind, path }, argument.known, { tool, isStrict })];
      case "present":
        return presentFindings({ condition, kind: placed.kind, path }, argument, tool);
    }
  });
}

interface Strictness {
  readonly tool: CheckedTool;
  readonly isStrict: boolean;
}

function absentFinding(subject: Subject, known: readonly string[], { tool, isStrict }: Strictness): Finding {
  const { condition, path } = subject;
  const { severity, effect } = absence(subject, isStrict);
  const message = `\`${condition.path}\` is no argument of \`${tool.name}\`${suggestion(condition.segments, known)}`;
  return { severity, code: "unknown-argument", path, message: `${message}: ${effect}` };
}

const NO_ARGUMENTS: JsonObject = new Map();

function absence({ condition, kind }: Subject, isStrict: boolean): { severity: Severity; effect: string } {
  const answer = evaluate(condition, NO_ARGUMENTS);
  if (answer === "missing" && isStrict) {
    return { severity: "error", effect: "under `strict` every call is denied" };
  }
  const isMet = answer === true;
  if (kind === "require") {
    return isMet
      ? { severity: "warning", effect: "the condition always holds" }
      : { severity: "error", effect: "no call can meet the rule" };
  }
  if (isMet) return { severity: "error", effect: "the condition always holds" };
  return {
    // Forbidding an absent argument does no harm.
    severity: isPresence(condition.operator) ? "warning" : "error",
    effect: NEVER_DENIES,
  };
}

function presentFindings(
  { condition, kind, path }: Subject,
  argument: Present,
  tool: CheckedTool,
): Finding[] {
  if (isPresence(condition.operator)) return [];
  const types =
    argument.types === undefined ? [] : Array.from(argument.types).filter((type) => type !== "null");
  if (types.length === 0) return [];
  const usable = usableTypes(condition);
  const items = condition.operator === "contains" ? itemTypes(condition, tool.schema) : undefined;
  if (usable !== undefined && !types.some((type) => usable.includes(type))) {
    const name = condition.of === "value" ? condition.operator : `"of": "${condition.of}"`;
    const message = `\`${name}\` needs ${withArticle(usable)}, and \`${condition.path}\` is ${withArticle(types)}: a call that gives it is denied`;
    return [{ severity: "error", code: "wrong-type", path, message }];
  }
  if (items !== undefined && !types.includes("string") && !items.has(typeOfJson(condition.value))) {
    const message = `\`contains\` needs an item of the operand's type, and those of \`${condition.path}\` are ${withArticle(Array.from(items))}: a call that gives one is denied`;
    return [{ severity: "error", code: "wrong-type", path, message }];
  }
  const coerced = tool.isValidated
    ? []
    : coercionFinding({ condition, kind, path }, argument, types, tool.schema);
  if (condition.of !== "value" || !isMembership(condition.operator)) return coerced;
  const impossible = impossibleValue({ condition, kind, path }, argument, types);
  return impossible.length > 0 ? impossible : coerced;
}

/** The types of the items of a list; undefined when the schema does not say. */
function itemTypes({ segments }: Condition, schema: JsonObject): ReadonlySet<JsonType> | undefined {
  const item = findArgument(schema, [...segments, 0]);
  return item.kind === "present" ? item.types : undefined;
}

function isMembership(operator: Operator): boolean {
  return operator === "eq" || operator === "in";
}

/** Finds `eq` and `in` with values that the argument never has. */
function impossibleValue(subject: Subject, { values }: Present, types: readonly JsonType[]): Finding[] {
  const { condition, kind, path } = subject;
  const wanted =
    condition.operator === "in" && isJsonArray(condition.value) ? condition.value : [condition.value];
  const isPossible = (value: Json): boolean =>
    values === undefined
      ? types.includes(typeOfJson(value))
      : values.some((known) => isEqualJson(known, value));
  if (wanted.length === 0 || wanted.some(isPossible)) return [];
  const known = values === undefined ? withArticle(types) : listWords(values.map(describeJson));
  const effect = effectOfImpossible(kind, wanted, values ?? [], types);
  const message = `\`${condition.text}\` never holds, since \`${condition.path}\` is ${known}: ${effect}`;
  return [{ severity: "error", code: "impossible-value", path, message }];
}

/** A value of another type than all operands cannot be compared, which denies. */
function effectOfImpossible(
  kind: PlacedRule["kind"],
  wanted: readonly Json[],
  values: readonly Json[],
  types: readonly JsonType[],
): string {
  if (kind === "require") return "no call can meet the rule";
  const given = values.length > 0 ? values.map(typeOfJson) : types;
  const isComparable = wanted.some((value) => given.includes(typeOfJson(value)));
  return isComparable ? NEVER_DENIES : "a call that gives it is denied";
}

/** The types that the condition can be evaluated on; undefined for any. */
function usableTypes({ operator, of, value }: Condition): readonly JsonType[] | undefined {
  if (of === "length") return ["string", "array", "object"];
  if (of === "bytes") return undefined;
  if (isUrlPart(of)) return ["string"];
  if (/^[lg]te?$/.test(operator)) return ["number"];
  if (operator === "neq") return [typeOfJson(value)];
  if (operator === "not_in") return operandTypes(value);
  if (operator === "contains") return typeof value === "string" ? ["string", "array"] : ["array"];
  return /^(?:regex|starts_with|ends_with|path_within|host_in|cidr|matches|before|after)$/.test(operator)
    ? ["string"]
    : undefined;
}

/** The types of the operands of `in` and `not_in`; undefined for an empty list, which compares with nothing. */
function operandTypes(value: Json): readonly JsonType[] | undefined {
  if (!isJsonArray(value) || value.length === 0) return undefined;
  return [...new Set(value.map(typeOfJson))];
}

/** Paths that every allowed call has, because a rule denies the others. */
function neededPaths(rules: readonly PlacedRule[]): ReadonlySet<string> {
  const needed = rules
    .filter(({ rule }) => rule.mode !== "shadow" && rule.effect !== "approve")
    .flatMap(({ kind, rule }) => {
      const denying = rule.conditions.filter((condition) => {
        if (condition.callerPath !== undefined) return false;
        const isMet = evaluate(condition, NO_ARGUMENTS) === true;
        return kind === "require" ? !isMet : isMet && rule.conditions.length === 1;
      });
      return denying.map(({ segments }) => JSON.stringify(segments));
    });
  return new Set(needed);
}

/** Finds a deny_if with an optional argument: without it the rule does not apply, and the server uses its default. */
function avoidableFinding(placed: PlacedRule, tool: CheckedTool, needed: ReadonlySet<string>): Finding[] {
  if (placed.kind === "require" || (placed.rule.strict ?? tool.isStrict)) return [];
  const optional = placed.rule.conditions.find((condition) => {
    if (condition.callerPath !== undefined) return false;
    if (isPresence(condition.operator) || condition.isOptional) return false;
    if (needed.has(JSON.stringify(condition.segments))) return false;
    const argument = findArgument(tool.schema, condition.segments);
    return argument.kind === "present" && !argument.isRequired && !isFallbackFine(condition, argument);
  });
  if (optional === undefined) return [];
  const message = `\`${optional.path}\` may be left out of a call of \`${tool.name}\`, and then the rule does not apply: require that it exists, or set "strict": true`;
  return [{ severity: "warning", code: "avoidable", path: placed.place.path(), message }];
}

/** Whether the condition does not hold for the server's default either. */
function isFallbackFine({ of, items, test }: Condition, { fallback }: Present): boolean {
  if (items !== undefined) return false;
  const measured = fallback === undefined ? undefined : measure(fallback, of);
  return measured !== undefined && test(measured) === false;
}
