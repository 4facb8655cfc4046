/** Advises how a denied call could pass: by another call, or by another policy. */

import { parseNamePattern } from "../names/pattern.ts";
import { rulePointer } from "../pointer.ts";
import type { CompiledPolicy } from "../document/compile.ts";
import type { Call, Denial } from "../decision.ts";
import { categoryOfCall } from "../policy.ts";
import type { Explanation, Step } from "./steps.ts";

/** Returns advice for a denied call; empty for an allowed one. */
export function adviceFor(policy: CompiledPolicy, call: Call, { decision, steps }: Explanation): string[] {
  const { denial } = decision;
  if (denial === undefined) return [];
  const deciding = steps.find(({ step }) => step === (STEPS_WITHOUT_POINTER.get(denial.rule) ?? denial.rule));
  const others = steps.filter(
    (step) => step !== deciding && step.verdict !== "passes" && step.mode === "enforce",
  );
  return [
    ...adviceOn(policy, call, { denial, step: deciding }),
    ...others.map(({ step, verdict }) => `and then: ${step} ${verdict} it too`),
  ];
}

/** Steps whose rule has no pointer. */
const STEPS_WITHOUT_POINTER: ReadonlyMap<string, string> = new Map([
  ["(hidden)", "hidden"],
  ["(ambiguous)", "ambiguous"],
  ["(look-alike)", "look-alike"],
  ["(default deny)", "default"],
]);

interface Decided {
  readonly denial: Denial;
  readonly step: Step | undefined;
}

function adviceOn(policy: CompiledPolicy, call: Call, { denial, step }: Decided): string[] {
  const { rule, reason } = denial;
  if (reason === "hidden") return [hiddenAdvice(policy, call)];
  if (rule === "(ambiguous)") return [ambiguityAdvice(policy, call)];
  if (reason === "look_alike") return ["call the tool by the name that the server lists, letter for letter"];
  if (reason === "denied_by_rule") return [actionAdvice(policy, call, rule)];
  if (reason === "rate_limited" || reason === "budget_exceeded") return [limitAdvice(denial)];
  if (reason === "default_deny") {
    return [`list the tool: "tools": { ${JSON.stringify(call.tool)}: {} } allows it without a check`];
  }
  const otherwise = `or change the rule ${rule}`;
  if (reason === "condition") return [...conditionAdvice(rule, step), otherwise];
  if (reason === "condition_unevaluable") return [...unevaluableAdvice(step), otherwise];
  if (reason === "arguments_invalid") return argumentsAdvice(denial);
  return reason === "approval_required"
    ? ["have a person approve this very call, arguments and all", otherwise]
    : [];
}

function argumentsAdvice({ rule, condition = "" }: Denial): string[] {
  return [`correct the arguments: ${condition}`, `or set "arguments": "observe" in place of ${rule}`];
}

function hiddenAdvice(policy: CompiledPolicy, call: Call): string {
  const { hide = [] } = policy.document;
  const listed = hide.filter((name) => parseNamePattern(name).matches(call.tool));
  if (listed.includes("*")) return 'take "*" out of `hide`, and name there what shall stay hidden';
  if (listed.length > 0)
    return `take ${listed.map((name) => JSON.stringify(name)).join(" and ")} out of \`hide\``;
  const rules = policy.forTool(call.tool);
  const { key } = rules;
  const hiding = rules
    .entriesFor(categoryOfCall(rules, call).category)
    .find(({ action }) => action === "hide");
  if (key !== undefined && hiding?.pointer === rulePointer("tools", key))
    return `change "action" of ${JSON.stringify(key)} under \`tools\``;
  return key === undefined
    ? 'list the tool under `tools` with "inherit": false: its category is hidden'
    : `say "inherit": false in the entry ${JSON.stringify(key)}: its category is hidden`;
}

function ambiguityAdvice(policy: CompiledPolicy, { tool }: Call): string {
  const tied = policy.forTool(tool).tied.map((key) => JSON.stringify(key));
  return `make one of ${tied.join(" and ")} more specific, or list ${JSON.stringify(tool)} itself`;
}

function actionAdvice(policy: CompiledPolicy, { tool }: Call, rule: string): string {
  const change = `change the action at ${rule}`;
  const { key } = policy.forTool(tool);
  if (!rule.startsWith("/categories/")) return change;
  const entry = key === undefined ? "an entry of the tool" : `the entry ${JSON.stringify(key)}`;
  return `${change}, or say "inherit": false in ${entry}`;
}

function conditionAdvice(rule: string, step: Step | undefined): string[] {
  const conditions = step?.conditions ?? [];
  if (rule.includes("/require/")) {
    const failing = conditions.filter(({ outcome }) => outcome !== "holds");
    return [`make the call meet: ${listConditions(failing)}`];
  }
  if (conditions.length === 0) return [];
  return [`make the call not meet ${conditions.length === 1 ? "" : "one of "}${listConditions(conditions)}`];
}

function unevaluableAdvice(step: Step | undefined): string[] {
  if (step?.step.endsWith("/category_by") === true)
    return ["give the argument that says the category, as a text in the spelling of the policy"];
  if (step?.conditions === undefined) return ["give the amount as a number of 0 or more"];
  const unevaluable = step.conditions.filter(
    ({ outcome }) => outcome === "missing" || outcome === "cannot be evaluated",
  );
  return [`give an argument of the type that can be tested: ${listConditions(unevaluable)}`];
}

function listConditions(conditions: NonNullable<Step["conditions"]>): string {
  return conditions.map(({ condition }) => `\`${condition}\``).join(", ");
}

function limitAdvice({ rule, limit }: Denial): string {
  return `raise "max" of ${rule}: one call does not fit into ${limit?.max ?? 0}`;
}
