/** Evaluates one `require` or `deny_if` rule on a call. */

import { type Condition, conditionAmbiguity, evaluate } from "./condition.ts";
import type { Caller } from "./caller.ts";
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

/** The parts of a call that a rule depends on. */
export type RuleInput = Pick<Call, "args" | "inputSchema"> & Caller;

/** Why a rule denies a call. */
export interface RuleDenial {
  readonly reason: "condition" | "condition_unevaluable";
  /** The deciding condition: `args.amount gt 100`. */
  readonly condition?: string;
}

/**
 * Returns why the rule denies these arguments; undefined when it does not.
 * Evaluates every condition. An unevaluable condition makes the rule deny, whatever the results of the others, so the
 * order of conditions changes no decision. Adds each such condition to `unevaluable`.
 */
export function evaluateRule(
  rule: Rule,
  given: RuleInput,
  unevaluable: Unevaluable[],
): RuleDenial | undefined {
  let firstUnevaluable: Condition | undefined;
  let failed: Condition | undefined;
  for (const condition of rule.conditions) {
    const result = evaluate(condition, given.args, given);
    if (result === true) continue;
    if (result === false || (result === "missing" && !rule.isStrict)) {
      failed ??= condition;
      continue;
    }
    firstUnevaluable ??= condition;
    unevaluable.push({ rule: rule.pointer, cause: result });
  }
  if (firstUnevaluable !== undefined) return unevaluableDenial(firstUnevaluable);
  const denial = rule.kind === "require" ? unsatisfied(failed) : matched(rule, failed);
  return denial ?? ambiguous(rule, given, unevaluable);
}

/** Denies arguments that pass the rule, but that the server may read differently. */
function ambiguous(
  rule: Rule,
  { args, inputSchema }: RuleInput,
  unevaluable: Unevaluable[],
): RuleDenial | undefined {
  let first: Condition | undefined;
  for (const condition of rule.conditions) {
    const cause = conditionAmbiguity(condition, args, inputSchema);
    if (cause === undefined) continue;
    first ??= condition;
    unevaluable.push({ rule: rule.pointer, cause });
  }
  return first && unevaluableDenial(first);
}

function unevaluableDenial({ text }: Condition): RuleDenial {
  return { reason: "condition_unevaluable", condition: text };
}

function unsatisfied(failed: Condition | undefined): RuleDenial | undefined {
  return failed && { reason: "condition", condition: failed.text };
}

function matched(rule: Rule, failed: Condition | undefined): RuleDenial | undefined {
  if (failed !== undefined) return undefined;
  const text = rule.conditions.map((condition) => condition.text).join(" and ");
  return text === "" ? { reason: "condition" } : { reason: "condition", condition: text };
}
