/** Compares rules with a tool's inputSchema: unknown arguments, wrong types, impossible values, avoidable rules. */

import { type Condition, evaluate, isPresence } from "../condition.ts";
import { describeJson } from "../../json/print-json.ts";
import { isEqualJson } from "../../json/equal.ts";
import { type Finding, type PlacedEntry, type PlacedRule, placedRules, type Severity } from "./finding.ts";
import { type Argument, findArgument, type JsonType, typeOfJson } from "../../mcp/input-schema.ts";
import { isJsonArray, type Json, type JsonObject } from "../../json/json.ts";
import { measure } from "../measure.ts";
import { nearestName } from "../schema/did-you-mean.ts";
import type { Operator } from "../operator.ts";
import type { ArgumentPath } from "../../json/path.ts";
import { listWords } from "../schema/schema.ts";

export interface CheckedTool {
  readonly name: string;
  readonly schema: JsonObject;
  readonly isStrict: boolean;
  /** Rules for every tool; they may require an argument that another rule tests. */
  readonly common: readonly PlacedRule[];
}

type Present = Extract<Argument, { kind: "present" }>;

/** Finds every contradiction between the rules of one entry and the schema of one tool. */
export function argumentFindings(entry: PlacedEntry, tool: CheckedTool): Finding[] {
  const rules = placedRules(entry);
  const needed = neededPaths([...rules, ...tool.common]);
  return [
    ...rules.flatMap((placed) => [
      ...conditionFindings(placed, tool),
      ...avoidableFinding(placed, tool, needed),
    ]),
    ...limitFindings(entry, tool),
  ];
}

function conditionFindings(placed: PlacedRule, tool: CheckedTool): Finding[] {
  return placed.rule.conditions.flatMap((condition, index) => {
    const argument = findArgument(tool.schema, condition.segments);
    const path = placed.place.at("conditions").at(index).path();
    switch (argument.kind) {
      case "open":
        return [];
      case "absent":
        return [absentFinding({ condition, kind: placed.kind, path }, argument.known, tool)];
      case "present":
        return presentFindings({ condition, kind: placed.kind, path }, argument);
    }
  });
}

interface Subject {
  readonly condition: Condition;
  readonly kind: PlacedRule["kind"];
  readonly path: string;
}

function absentFinding(subject: Subject, known: readonly string[], tool: CheckedTool): Finding {
  const { condition, path } = subject;
  const { severity, effect } = absence(subject, tool.isStrict);
  const message = `\`${condition.path}\` is no argument of \`${tool.name}\`${suggestion(condition.segments, known)}`;
  return { severity, code: "unknown-argument", path, message: `${message}: ${effect}` };
}

const NO_ARGUMENTS: JsonObject = new Map();

/** End of the message about a rule that cannot deny. */
export const NEVER_DENIES = "the rule never denies";

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

/** Suggests a name near the last segment: `, did you mean "amount"?`. */
function suggestion(segments: ArgumentPath, known: readonly string[]): string {
  const nearest = nearestName(String(segments.at(-1)), known);
  return nearest === undefined ? "" : `, did you mean ${JSON.stringify(nearest)}?`;
}

function presentFindings({ condition, kind, path }: Subject, argument: Present): Finding[] {
  if (isPresence(condition.operator)) return [];
  const types =
    argument.types === undefined ? [] : Array.from(argument.types).filter((type) => type !== "null");
  if (types.length === 0) return [];
  const usable = usableTypes(condition);
  if (usable !== undefined && !types.some((type) => usable.includes(type))) {
    const name = condition.of === "value" ? condition.operator : `"of": "${condition.of}"`;
    const message = `\`${name}\` needs ${withArticle(usable)}, and \`${condition.path}\` is ${withArticle(types)}: a call that gives it is denied`;
    return [{ severity: "error", code: "wrong-type", path, message }];
  }
  if (condition.of !== "value" || !isMembership(condition.operator)) return [];
  return impossibleValue({ condition, kind, path }, argument, types);
}

function isMembership(operator: Operator): boolean {
  return operator === "eq" || operator === "in";
}

/** Finds `eq` and `in` with values that the argument never has. */
function impossibleValue(subject: Subject, argument: Present, types: readonly JsonType[]): Finding[] {
  const { condition, kind, path } = subject;
  const wanted =
    condition.operator === "in" && isJsonArray(condition.value) ? condition.value : [condition.value];
  const isPossible = (value: Json): boolean =>
    argument.values === undefined
      ? types.includes(typeOfJson(value))
      : argument.values.some((known) => isEqualJson(known, value));
  if (wanted.length === 0 || wanted.some(isPossible)) return [];
  const known =
    argument.values === undefined ? withArticle(types) : listWords(argument.values.map(describeJson));
  const effect = kind === "require" ? "no call can meet the rule" : NEVER_DENIES;
  const message = `\`${condition.text}\` never holds, since \`${condition.path}\` is ${known}: ${effect}`;
  return [{ severity: "error", code: "impossible-value", path, message }];
}

/** The types that the condition can be evaluated on; undefined for any. */
function usableTypes({ operator, of, value }: Condition): readonly JsonType[] | undefined {
  if (of === "length") return ["string", "array", "object"];
  if (of === "bytes") return undefined;
  if (/^[lg]te?$/.test(operator)) return ["number"];
  if (operator === "contains") return typeof value === "string" ? ["string", "array"] : ["array"];
  return /^(?:regex|starts_with|ends_with)$/.test(operator) ? ["string"] : undefined;
}

/** Prints `a string`, `an array or an object`. */
function withArticle(types: readonly string[]): string {
  return listWords(types.map((type) => `${/^[ao]/.test(type) ? "an" : "a"} ${type}`));
}

/** Paths that every allowed call has, because a rule denies the others. */
function neededPaths(rules: readonly PlacedRule[]): ReadonlySet<string> {
  const needed = rules
    .filter(({ rule }) => rule.mode !== "shadow" && rule.effect !== "approve")
    .flatMap(({ kind, rule }) => {
      const denying = rule.conditions.filter((condition) => {
        const isMet = evaluate(condition, NO_ARGUMENTS) === true;
        return kind === "require" ? !isMet : isMet && rule.conditions.length === 1;
      });
      return denying.map(({ segments }) => JSON.stringify(segments));
    });
  return new Set(needed);
}

/** Finds a deny_if with an optional argument: without it the rule does not apply, and the server uses its default. */
function avoidableFinding(placed: PlacedRule, tool: CheckedTool, needed: ReadonlySet<string>): Finding[] {
  if (placed.kind === "require" || tool.isStrict) return [];
  const optional = placed.rule.conditions.find((condition) => {
    if (isPresence(condition.operator) || needed.has(JSON.stringify(condition.segments))) return false;
    const argument = findArgument(tool.schema, condition.segments);
    return argument.kind === "present" && !argument.isRequired && !isFallbackFine(condition, argument);
  });
  if (optional === undefined) return [];
  const message = `\`${optional.path}\` may be left out of a call of \`${tool.name}\`, and then the rule does not apply: require that it exists, or set "strict": true`;
  return [{ severity: "warning", code: "avoidable", path: placed.place.path(), message }];
}

/** Whether the condition does not hold for the server's default either. */
function isFallbackFine({ of, test }: Condition, { fallback }: Present): boolean {
  const measured = fallback === undefined ? undefined : measure(fallback, of);
  return measured !== undefined && test(measured) === false;
}

function limitFindings({ entry, place }: PlacedEntry, tool: CheckedTool): Finding[] {
  return (entry.limits ?? []).flatMap((limit, index): Finding[] => {
    if (limit.segments === undefined) return [];
    const { increment_from: from = "", segments, of = "value" } = limit;
    const argument = findArgument(tool.schema, segments);
    const path = place.at("limits").at(index).at("increment_from").path();
    if (argument.kind === "absent") {
      const message = `\`${from}\` is no argument of \`${tool.name}\`${suggestion(segments, argument.known)}: every call is denied`;
      return [{ severity: "error", code: "unknown-argument", path, message }];
    }
    const usable: readonly JsonType[] = of === "value" ? ["number"] : ["string", "array", "object"];
    if (argument.kind === "open" || argument.types === undefined || of === "bytes") return [];
    if (usable.some((type) => argument.types?.has(type))) return [];
    const types = withArticle(Array.from(argument.types));
    const message = `an amount needs ${withArticle(usable)}, and \`${from}\` is ${types}: every call is denied`;
    return [{ severity: "error", code: "wrong-type", path, message }];
  });
}
