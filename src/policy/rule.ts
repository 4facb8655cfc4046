/** One `require` or `deny_if` rule: whether it objects to a call, and why. */

import { type Condition, evaluate } from "./condition.ts";
import { argumentAmbiguity } from "./argument-ambiguity.ts";
import type { Call, Unevaluable } from "./decision.ts";
import type { Mode } from "./mode.ts";

export interface Rule {
  readonly kind: "require" | "deny_if";
  readonly pointer: string;
  readonly conditions: readonly Condition[];
  readonly effect: "deny" | "approve";
  readonly mode: Mode;
  /** A missing argument makes the rule unevaluable. */
  readonly isStrict: boolean;
  readonly message?: string;
}

/** What a rule is judged by. */
export type RuleInput = Pick<Call, "args" | "inputSchema">;

export interface RuleDenial {
  readonly reason: "condition" | "condition_unevaluable";
  /** `args.amount gt 100`. */
  readonly condition?: string;
}

/**
 * Why the rule denies these arguments; undefined when it does not.
 * Every condition is evaluated. A rule with a condition that cannot be evaluated denies, whatever the others say, so
 * the order of conditions changes no decision; each such condition is added to `unevaluable`.
 */
export function evaluateRule(
  rule: Rule,
  given: RuleInput,
  unevaluable: Unevaluable[],
): RuleDenial | undefined {
  let blind: Condition | undefined;
  let failed: Condition | undefined;
  for (const condition of rule.conditions) {
    const answer = evaluate(condition, given.args);
    if (answer === true) continue;
    if (answer === false || (answer === "missing" && !rule.isStrict)) {
      failed ??= condition;
      continue;
    }
    blind ??= condition;
    unevaluable.push({ rule: rule.pointer, cause: answer });
  }
  if (blind !== undefined) return { reason: "condition_unevaluable", condition: blind.text };
  const objection = rule.kind === "require" ? unsatisfied(failed) : matched(rule, failed);
  return objection ?? ambiguous(rule, given, unevaluable);
}

/** What the rule lets pass as we read it may be something else to the server. */
function ambiguous(
  rule: Rule,
  { args, inputSchema }: RuleInput,
  unevaluable: Unevaluable[],
): RuleDenial | undefined {
  let first: Condition | undefined;
  for (const condition of rule.conditions) {
    const cause = argumentAmbiguity(args, condition.segments, inputSchema);
    if (cause === undefined) continue;
    first ??= condition;
    unevaluable.push({ rule: rule.pointer, cause });
  }
  return first && { reason: "condition_unevaluable", condition: first.text };
}

function unsatisfied(failed: Condition | undefined): RuleDenial | undefined {
  return failed && { reason: "condition", condition: failed.text };
}

function matched(rule: Rule, failed: Condition | undefined): RuleDenial | undefined {
  if (failed !== undefined) return undefined;
  const text = rule.conditions.map((condition) => condition.text).join(" and ");
  return text === "" ? { reason: "condition" } : { reason: "condition", condition: text };
}
