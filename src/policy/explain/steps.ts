/** Explains a decision as steps: each check of the policy in its order, with its verdict. */

import { type Condition, conditionAmbiguity, evaluate } from "../condition.ts";
import { conditionRoot } from "../caller.ts";
import { parseNamePattern } from "../names/pattern.ts";
import { rulePointer } from "../pointer.ts";
import {
  type PolicyEntry,
  type Policy,
  actionPointer,
  argumentsRule,
  type CompiledLimit,
  type CallCategory,
  categoryOfCall,
  type ToolRules,
} from "../policy.ts";
import { checkArguments } from "../arguments/check-arguments.ts";
import { decide } from "../decide.ts";
import { type Call, type Decision, effectOf } from "../decision.ts";
import type { Effect, Mode } from "../mode.ts";
import { describeJson } from "../../json/print-json.ts";
import type { ArgumentAmbiguity } from "../argument-ambiguity.ts";
import { resolveArgument, WRONG_CONTAINER } from "../../json/path.ts";
import { listWords } from "../schema/schema.ts";
import { limitVerdict } from "./limit-step.ts";
import { evaluateRule, type Rule } from "../rule.ts";

/** The verdict of a step; in shadow mode, `denies` and `asks` are only counted. */
export type Verdict = "passes" | "denies" | "asks";

export interface ConditionStep {
  /** `args.amount gt 100`. */
  readonly condition: string;
  readonly outcome: "holds" | "does not hold" | "missing" | "cannot be evaluated";
  /** The caller's argument, shortened. */
  readonly found?: string;
}

export interface Step {
  /** `hidden`, `action`, `default`, or a rule pointer. */
  readonly step: string;
  readonly verdict: Verdict;
  readonly mode: Mode;
  readonly why: string;
  readonly conditions?: readonly ConditionStep[];
}

export interface Explanation {
  readonly effect: Effect;
  readonly decision: Decision;
  readonly steps: readonly Step[];
}

/** Decides a call with empty counters, and lists every step, also those after the deciding one. */
export function explainCall(policy: Policy, call: Call): Explanation {
  const decision = decide(policy, call, () => ({ used: 0, retryAfterMs: 0 }));
  return { effect: effectOf(decision), decision, steps: stepsOf(policy, call) };
}

/** Lists every step that the policy takes with a call, in its order; limits count this call alone. */
export function stepsOf(policy: Policy, call: Call): readonly Step[] {
  const tool = policy.forTool(call.tool);
  const category = categoryOfCall(tool, call);
  const entries = tool.entriesFor(category.category);
  return [
    hidingStep(tool, category),
    ...entryStep(tool, policy, call.tool),
    ...actionSteps(entries, tool, policy),
    defaultStep(tool, policy),
    ...lookAlikeSteps(policy, call),
    ...argumentsSteps(entries, policy, call),
    ...categorySteps(tool, category),
    ...entries.flatMap(({ rules }) => rules.map((rule) => ruleStep(rule, call))),
    ...entries.flatMap(({ limits }) => limits.map((limit) => limitStep(limit, call))),
  ];
}

function hidingStep(tool: ToolRules, { category }: CallCategory): Step {
  const hiding = tool.hidingFor(category);
  if (hiding === undefined) return passes("hidden", "nothing hides it");
  return {
    step: "hidden",
    verdict: "denies",
    mode: hiding.mode,
    why: "it is hidden, and answered as unknown",
  };
}

/** Which of several names and patterns decides, and why. */
function entryStep({ key, tied, matching }: ToolRules, { mode }: Policy, name: string): Step[] {
  const quoted = matching(name).map((each) => JSON.stringify(each));
  if (tied.length > 0) {
    const keys = tied.map((each) => JSON.stringify(each)).join(" and ");
    const why = `${keys} match it and are equally specific, so that none of them decides`;
    return [{ step: "ambiguous", verdict: "denies", mode, why }];
  }
  if (key === undefined || quoted.length < 2) return [];
  const others = listWords(quoted.slice(1), "and");
  const rank =
    parseNamePattern(key).name === undefined
      ? "has more literal characters than"
      : "is its name, and goes before";
  return [passes("entry", `${JSON.stringify(key)} decides: it ${rank} ${others}`)];
}

/** One step for each entry that applies; `all_tools` has no action. */
function actionSteps(entries: readonly PolicyEntry[], tool: ToolRules, policy: Policy): Step[] {
  const own = entries.filter((entry) => entry !== policy.everyTool);
  if (own.length === 0) return [passes("action", "neither the tool nor its category has an entry")];
  return own.map((entry) => actionStep(entry, tool));
}

function actionStep(entry: PolicyEntry, { key }: ToolRules): Step {
  const step = entry.action === "allow" ? "action" : actionPointer(entry);
  const { mode } = entry;
  switch (entry.action) {
    case "allow":
      return passes(step, `${entry.pointer} ${reachOf(entry, key)} and forbids nothing outright`);
    case "hide":
      return passes(step, "hides it, see above");
    case "deny":
      return { step, verdict: "denies", mode, why: entry.reason ?? "the entry denies every call" };
    case "approve":
      return { step, verdict: "asks", mode, why: "a person must approve each call" };
  }
}

/** How the entry comes to apply: by the tool's name, by the most specific pattern, or by its category. */
function reachOf({ pointer }: PolicyEntry, key: string | undefined): string {
  if (key === undefined || pointer !== rulePointer("tools", key)) return "speaks of its category";
  return parseNamePattern(key).name === undefined
    ? "is the most specific pattern that matches it"
    : "speaks of it";
}

function defaultStep({ key }: ToolRules, policy: Policy): Step {
  if (key !== undefined) return passes("default", "it is listed under `tools`");
  if (policy.default === "allow") return passes("default", "it is not listed, and the default allows");
  return {
    step: "default",
    verdict: "denies",
    mode: policy.mode,
    why: "it is not listed, and the default denies",
  };
}

function lookAlikeSteps(policy: Policy, { tool, listing }: Call): Step[] {
  if (!policy.isLookAlike(tool, listing)) return [];
  const why = "the server does not list it, and it looks like a tool that the policy or the server names";
  return [{ step: "look-alike", verdict: "denies", mode: policy.mode, why }];
}

/** The check of the arguments; no step where it is off. */
function argumentsSteps(entries: readonly PolicyEntry[], policy: Policy, call: Call): Step[] {
  const { check, pointer: step, mode } = argumentsRule(policy, entries);
  if (check === "off") return [];
  const fault = checkArguments(call.args, call.inputSchema);
  if (fault === undefined) return [passes(step, "they fit the tool's input schema")];
  if (check === "observe") return [passes(step, `only counted: ${fault.text}`)];
  return [{ step, verdict: "denies", mode, why: fault.text }];
}

/** The category that an argument says; no step for tools of one category. */
function categorySteps({ categoryBy }: ToolRules, { category, cause }: CallCategory): Step[] {
  if (categoryBy === undefined) return [];
  const { pointer: step, mode, path } = categoryBy;
  if (cause === undefined) return [passes(step, `by ${path}, the rules of ${category} apply`)];
  return [
    {
      step,
      verdict: "denies",
      mode,
      why: `which category it is cannot be evaluated: ${path} ${CATEGORY_CAUSE[cause]}`,
    },
  ];
}

const CATEGORY_CAUSE = {
  missing: "is missing",
  type: "is no text",
  precision: "is no text",
  encoding: "holds a surrogate that stands alone",
  look_alike: "or its value looks like another one",
} as const;

function passes(step: string, why: string): Step {
  return { step, verdict: "passes", mode: "enforce", why };
}

function ruleStep(rule: Rule, call: Call): Step {
  const denial = evaluateRule(rule, call, []);
  const isAsking = rule.effect === "approve" && denial?.reason === "condition";
  const isUnevaluable = denial?.reason === "condition_unevaluable";
  const conditions = rule.conditions.map((condition) => conditionStep(condition, call, isUnevaluable));
  const why = WHY[rule.kind][denial?.reason ?? "passes"];
  const verdict = denial === undefined ? "passes" : isAsking ? "asks" : "denies";
  return { step: rule.pointer, verdict, mode: rule.mode, why, conditions };
}

const WHY = {
  require: {
    passes: "all that it requires holds",
    condition: "something that it requires does not hold",
    condition_unevaluable: "a condition cannot be evaluated, which denies",
  },
  deny_if: {
    passes: "not everything that it denies holds",
    condition: "everything that it denies holds",
    condition_unevaluable: "a condition cannot be evaluated, which denies",
  },
} as const;

function conditionStep(condition: Condition, call: Call, isUnevaluable: boolean): ConditionStep {
  const { args, inputSchema } = call;
  const ambiguity = isUnevaluable ? conditionAmbiguity(condition, args, inputSchema) : undefined;
  const result = ambiguity ?? evaluate(condition, args, call);
  const found = resolveArgument(conditionRoot(condition, args, call), condition.segments);
  return {
    condition: condition.text,
    outcome: outcomeOf(result),
    ...(found !== undefined && found !== WRONG_CONTAINER && { found: describeJson(found) }),
  };
}

function outcomeOf(result: ReturnType<typeof evaluate> | ArgumentAmbiguity): ConditionStep["outcome"] {
  if (typeof result === "boolean") return result ? "holds" : "does not hold";
  return result === "missing" ? "missing" : "cannot be evaluated";
}

function limitStep(compiled: CompiledLimit, call: Call): Step {
  const { rule: step, mode } = compiled.limit;
  return { step, mode, ...limitVerdict(compiled, call) };
}
