/** Bounds for a decision when only argument names are known: one policy that denies least, one that denies most. */

import type { PolicyEntry, Policy, CompiledLimit, ToolRules } from "../../policy/policy.ts";
import type { Category } from "../../policy/category/category.ts";
import type { Caller } from "../../policy/caller.ts";
import { type Condition, evaluate } from "../../policy/condition.ts";
import { isPresence } from "../../policy/operator.ts";
import type { JsonObject } from "../../json/json.ts";
import { type ArgumentAmbiguity, argumentAmbiguity } from "../../policy/argument-ambiguity.ts";
import type { Rule } from "../../policy/rule.ts";

/** Undefined when no argument name is known. */
export type KnownArgumentNames = ReadonlySet<string> | undefined;

/** `lenient` resolves every doubt in favour of the call, `severe` against it. */
export interface PolicyBounds {
  readonly lenient: Policy;
  readonly severe: Policy;
}

/** The part of a call that the log holds. */
export interface Recorded {
  readonly names: KnownArgumentNames;
  readonly caller: Caller;
  readonly category: Category;
}

/** The bounds of `policy` for a call with these argument names, by this caller. */
export function policyBounds(policy: Policy, recorded: Recorded): PolicyBounds {
  return { lenient: boundedPolicy(policy, recorded, false), severe: boundedPolicy(policy, recorded, true) };
}

/** Arguments with these names and placeholder values. */
export function namedArguments(names: KnownArgumentNames): JsonObject {
  return new Map(Array.from(names ?? [], (name) => [name, true]));
}

function boundedPolicy(policy: Policy, recorded: Recorded, isSevere: boolean): Policy {
  const entryFor = (entry: PolicyEntry): PolicyEntry => ({
    ...entry,
    rules: entry.rules.flatMap((rule) => boundedRule(rule, recorded, isSevere)),
    limits: entry.limits.flatMap((limit) => boundedLimit(limit, recorded.names, isSevere)),
  });
  return {
    ...policy,
    everyTool: entryFor(policy.everyTool),
    forTool: (tool) => {
      const rules = policy.forTool(tool);
      const entriesOf = (category: Category): PolicyEntry[] => rules.entriesFor(category).map(entryFor);
      return { ...rules, ...boundedCategory(rules, recorded, isSevere), entriesFor: entriesOf };
    },
  };
}

/**
 * A category that an argument says: the recorded one, where the argument can say it. Otherwise the call may be denied for any reason
 * that the entry of another category has.
 */
function boundedCategory(
  { category, categoryBy }: ToolRules,
  recorded: Recorded,
  isSevere: boolean,
): Partial<Pick<ToolRules, "category" | "categoryBy">> {
  if (categoryBy === undefined) return {};
  if (categoryBy.categories.has(recorded.category))
    return { category: recorded.category, categoryBy: undefined };
  const unknown = { ...categoryBy, ofArguments: () => ({ cause: "missing" as const }) };
  return { category: category ?? recorded.category, categoryBy: isSevere ? unknown : undefined };
}

function boundedRule(rule: Rule, recorded: Recorded, isSevere: boolean): Rule[] {
  const verdict = verdictOf(rule, recorded);
  if (verdict === "denies" && rule.conditions.every((each) => possibleResults(each, recorded).size === 1))
    return [rule];
  const isDenying = verdict === "denies" || (verdict === "unknown" && isSevere);
  return isDenying ? [{ ...rule, kind: "deny_if", conditions: [] }] : [];
}

/** A limit whose amount comes from an argument: its value is not in the log. */
function boundedLimit(
  compiled: CompiledLimit,
  names: KnownArgumentNames,
  isSevere: boolean,
): CompiledLimit[] {
  const isFixed = compiled.amountOf(NO_ARGUMENTS) !== "missing";
  if (isFixed || names?.size === 0) return [compiled];
  return isSevere ? [{ ...compiled, amountOf: () => "type" }] : [];
}

/** The verdict of the rule on all calls of which this is recorded. */
function verdictOf(rule: Rule, recorded: Recorded): "denies" | "passes" | "unknown" {
  const all = rule.conditions.map((condition) =>
    summarize(possibleResults(condition, recorded), rule.isStrict),
  );
  const isDenyIf = rule.kind === "deny_if";
  const canDeny = isDenyIf
    ? all.some(({ canBeUnevaluable: canBeBlind }) => canBeBlind) || all.every(({ canHold }) => canHold)
    : all.some(({ canBeUnevaluable: canBeBlind, canFail }) => canBeBlind || canFail);
  const canPass = isDenyIf
    ? all.every(({ canHold, canFail }) => canHold || canFail) && all.some(({ canFail }) => canFail)
    : all.every(({ canHold }) => canHold);
  if (canDeny && canPass) return "unknown";
  return canDeny ? "denies" : "passes";
}

type PossibleResults = ReadonlySet<ReturnType<typeof evaluate> | ArgumentAmbiguity>;

interface Summary {
  readonly canHold: boolean;
  readonly canFail: boolean;
  readonly canBeUnevaluable: boolean;
}

function summarize(results: PossibleResults, isStrict: boolean): Summary {
  return {
    canHold: results.has(true),
    canFail: results.has(false) || (results.has("missing") && !isStrict),
    canBeUnevaluable:
      results.has("look_alike") ||
      results.has("type") ||
      results.has("size") ||
      (results.has("missing") && isStrict),
  };
}

const NO_ARGUMENTS: JsonObject = new Map();

/** All results that the condition may have. A named argument counts as given: the log does not distinguish null. */
function possibleResults(condition: Condition, { names, caller }: Recorded): PossibleResults {
  const { segments, operator, callerPath } = condition;
  if (callerPath !== undefined) {
    const isRecorded =
      RECORDED_PARTS.has(callerPath[0]) || SOURCES_WITHOUT_CLAIMS.has(caller.source ?? "none");
    return isRecorded ? new Set([evaluate(condition, NO_ARGUMENTS, caller)]) : UNKNOWN_CLAIM;
  }
  if (argumentAmbiguity(namedArguments(names), segments) !== undefined) return AMBIGUOUS;
  const [first] = segments;
  if (first !== undefined && names?.has(String(first)) === false)
    return new Set([evaluate(condition, NO_ARGUMENTS)]);
  if (isPresence(operator)) {
    const isNamed = names !== undefined && segments.length < 2;
    if (isNamed) return new Set([evaluate(condition, namedArguments(names))]);
    return new Set([true, false, ...(segments.length > 1 ? UNEVALUABLE : [])]);
  }
  // Nested values and sibling values are not in the log.
  return new Set([true, false, ...UNEVALUABLE, ...(segments.length > 1 || !names ? MISSING : [])]);
}

const RECORDED_PARTS: ReadonlySet<string> = new Set(["agent", "user", "source", "address", "now"]);
/** Sources whose proofs have no claims; those of others are not in the log. */
const SOURCES_WITHOUT_CLAIMS: ReadonlySet<string> = new Set([
  "none",
  "client_info",
  "flag",
  "header",
  "api_key",
  "mtls",
  "xfcc",
]);
const UNKNOWN_CLAIM: PossibleResults = new Set([true, false, "type", "missing"]);
const UNEVALUABLE = ["type"] as const;
const AMBIGUOUS: PossibleResults = new Set([true, false, "look_alike"]);
const MISSING = ["missing"] as const;
