/** Rules judged by the names of arguments alone: what surely objects, what surely does not, and what cannot be told. */

import type { PolicyEntry, Policy, CompiledLimit } from "../../policy/policy.ts";
import { type Condition, evaluate, isPresence } from "../../policy/condition.ts";
import type { JsonObject } from "../../json/json.ts";
import { type ArgumentAmbiguity, argumentAmbiguity } from "../../policy/argument-ambiguity.ts";
import type { Rule } from "../../policy/rule.ts";

/** Undefined: nothing is known of the arguments. */
export type KnownNames = ReadonlySet<string> | undefined;

/** The policy in which every doubt speaks for the call, and the one in which every doubt speaks against it. */
export interface Bounds {
  readonly lenient: Policy;
  readonly severe: Policy;
}

/** What of `policy` can be told of a call with these argument names. */
export function boundsFor(policy: Policy, names: KnownNames): Bounds {
  return { lenient: bounded(policy, names, false), severe: bounded(policy, names, true) };
}

/** Arguments that have the names, and none of the values. */
export function namedArguments(names: KnownNames): JsonObject {
  return new Map(Array.from(names ?? [], (name) => [name, true]));
}

function bounded(policy: Policy, names: KnownNames, isSevere: boolean): Policy {
  const entryFor = (entry: PolicyEntry): PolicyEntry => ({
    ...entry,
    rules: entry.rules.flatMap((rule) => boundedRule(rule, names, isSevere)),
    limits: entry.limits.flatMap((limit) => boundedLimit(limit, names, isSevere)),
  });
  const everyTool = entryFor(policy.everyTool);
  return {
    ...policy,
    everyTool,
    entryOf: (tool, category) => {
      const entry = policy.entryOf(tool, category);
      return entry && entryFor(entry);
    },
  };
}

function boundedRule(rule: Rule, names: KnownNames, isSevere: boolean): Rule[] {
  const verdict = verdictOf(rule, names);
  if (verdict === "objects" && rule.conditions.every((each) => answersTo(each, names).size === 1))
    return [rule];
  const isObjecting = verdict === "objects" || (verdict === "unknown" && isSevere);
  return isObjecting ? [{ ...rule, kind: "deny_if", conditions: [] }] : [];
}

/** An amount that an argument says is not in the log. */
function boundedLimit(compiled: CompiledLimit, names: KnownNames, isSevere: boolean): CompiledLimit[] {
  const isFixed = compiled.amountOf(NO_ARGUMENTS) !== "missing";
  if (isFixed || names?.size === 0) return [compiled];
  return isSevere ? [{ ...compiled, amountOf: () => "type" }] : [];
}

/** What the rule says of every call with these argument names. */
function verdictOf(rule: Rule, names: KnownNames): "objects" | "passes" | "unknown" {
  const all = rule.conditions.map((condition) => summary(answersTo(condition, names), rule.isStrict));
  const isDenyIf = rule.kind === "deny_if";
  const canObject = isDenyIf
    ? all.some(({ canBeBlind }) => canBeBlind) || all.every(({ canHold }) => canHold)
    : all.some(({ canBeBlind, canFail }) => canBeBlind || canFail);
  const canPass = isDenyIf
    ? all.every(({ canHold, canFail }) => canHold || canFail) && all.some(({ canFail }) => canFail)
    : all.every(({ canHold }) => canHold);
  if (canObject && canPass) return "unknown";
  return canObject ? "objects" : "passes";
}

type Answers = ReadonlySet<ReturnType<typeof evaluate> | ArgumentAmbiguity>;

interface Summary {
  readonly canHold: boolean;
  readonly canFail: boolean;
  readonly canBeBlind: boolean;
}

function summary(answers: Answers, isStrict: boolean): Summary {
  return {
    canHold: answers.has(true),
    canFail: answers.has(false) || (answers.has("missing") && !isStrict),
    canBeBlind:
      answers.has("look_alike") ||
      answers.has("type") ||
      answers.has("size") ||
      (answers.has("missing") && isStrict),
  };
}

const NO_ARGUMENTS: JsonObject = new Map();

/** Every answer that the condition may give. An argument that is named counts as given: the log does not tell null apart. */
function answersTo(condition: Condition, names: KnownNames): Answers {
  const { segments, operator, of } = condition;
  if (argumentAmbiguity(namedArguments(names), segments) !== undefined) return DOUBTFUL;
  const [first] = segments;
  if (first !== undefined && names?.has(first) === false) return new Set([evaluate(condition, NO_ARGUMENTS)]);
  if (isPresence(operator)) {
    const isNamed = names !== undefined && segments.length < 2;
    return isNamed ? new Set([evaluate(condition, namedArguments(names))]) : new Set([true, false]);
  }
  // What stands further down is not in the log, nor is what stands beside it.
  const isEquality = of === "value" && EQUALITIES.has(operator) && segments.length < 2;
  return new Set([
    true,
    false,
    ...(isEquality ? [] : BLIND),
    ...(segments.length > 1 || !names ? MISSING : []),
  ]);
}

const EQUALITIES: ReadonlySet<string> = new Set(["eq", "neq", "in", "not_in"]);
const BLIND = ["type"] as const;
const DOUBTFUL: Answers = new Set([true, false, "look_alike"]);
const MISSING = ["missing"] as const;
