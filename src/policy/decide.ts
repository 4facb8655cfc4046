/** decide(policy, call, usage) -> Decision: the only place that allows or denies a tools/call. Security: review it as a whole. */

import {
  actionPointer,
  argumentsRule,
  type CallCategory,
  categoryOfCall,
  type CompiledLimit,
  type PolicyEntry,
  type Policy,
  type ToolRules,
} from "./policy.ts";
import type { Call, CheckedArguments, Decision, Denial, Unevaluable } from "./decision.ts";
import { decideLimits } from "./decide-limits.ts";
import type { ReadUsage } from "./limit.ts";
import { checkArguments } from "./arguments/check-arguments.ts";
import { evaluateRule, type RuleDenial, type Rule } from "./rule.ts";

/**
 * Decides one tools/call. The first enforced denial wins, in the order of `denials` below; then the limits decide.
 * A shadowed denial never ends the search: a call that any enforced rule denies is denied.
 */
export function decide(policy: Policy, call: Call, readUsage: ReadUsage): Decision {
  const unevaluable: Unevaluable[] = [];
  const rules = policy.forTool(call.tool);
  const category = categoryOfCall(rules, call);
  const entries = rules.entriesFor(category.category);
  const evaluation: Evaluation = { rules, category, entries, unevaluable };
  let shadowed: Denial | undefined;
  for (const denial of denials(policy, call, evaluation)) {
    if (denial.mode === "enforce") return withArguments({ denial, charges: [], unevaluable }, evaluation);
    shadowed ??= denial;
  }
  return withArguments(
    decideLimits(limitsOf(entries), call, { readUsage, shadowed, unevaluable }),
    evaluation,
  );
}

/** The limits of all entries. Most calls have limits in one entry at most, whose list is returned as it is. */
function limitsOf(entries: readonly PolicyEntry[]): readonly CompiledLimit[] {
  let all: readonly CompiledLimit[] = NO_LIMITS;
  for (const { limits } of entries) {
    if (limits.length > 0) all = all.length === 0 ? limits : [...all, ...limits];
  }
  return all;
}

const NO_LIMITS: readonly CompiledLimit[] = [];

interface Evaluation {
  readonly rules: ToolRules;
  readonly category: CallCategory;
  readonly entries: readonly PolicyEntry[];
  readonly unevaluable: Unevaluable[];
  /** Set when the arguments have been checked and do not fit. */
  arguments?: CheckedArguments;
}

function withArguments(decision: Decision, { arguments: checked }: Evaluation): Decision {
  return checked === undefined ? decision : { ...decision, arguments: checked };
}

/** Yields every denial except those of limits, in the order of the policy language. */
function* denials(policy: Policy, call: Call, evaluation: Evaluation): Generator<Denial> {
  const { rules, category, entries, unevaluable } = evaluation;
  const hiding = rules.hidingFor(category.category);
  if (hiding !== undefined) yield denial("hidden", "(hidden)", hiding);
  // Security: which of the entries is meant is not known, so none of them may let the call pass.
  if (rules.tied.length > 0) yield denial("denied_by_rule", "(ambiguous)", policy);
  for (const entry of entries) {
    if (entry.action === "deny") yield denial("denied_by_rule", actionPointer(entry), entry);
  }
  if (policy.default === "deny" && rules.key === undefined) {
    yield denial("default_deny", "(default deny)", policy);
  }
  if (policy.isLookAlike(call.tool, call.listing)) yield denial("look_alike", "(look-alike)", policy);
  if (call.isToolChanged === true && isPinned(rules)) {
    for (const entry of entries.slice(0, 1)) yield denial("tool_changed", rules.pinPointer, entry);
  }
  const misfit = argumentsDenial(policy, call, evaluation);
  if (misfit !== undefined) yield misfit;
  const uncategorized = categoryDenial(evaluation);
  if (uncategorized !== undefined) yield uncategorized;
  const approvals: Denial[] = [];
  for (const entry of entries) {
    if (entry.action === "approve") approvals.push(approvalDenial(actionPointer(entry), entry));
  }
  for (const entry of entries) {
    for (const rule of entry.rules) {
      const ruleDenial = evaluateRuleOrDeny(rule, call, unevaluable);
      if (ruleDenial === undefined) continue;
      const byRule = denialByRule(rule, ruleDenial);
      if (byRule.effect === "ask") approvals.push(byRule);
      else yield byRule;
    }
  }
  if (call.isApproved !== true) yield* approvals;
}

/** Checks the arguments as the policy says; records a fault, and denies under `validate`. */
function argumentsDenial(policy: Policy, call: Call, evaluation: Evaluation): Denial | undefined {
  const { check, pointer, mode, isImplied } = argumentsRule(policy, evaluation.entries);
  if (check === "off") return undefined;
  const fault = checkArguments(call.args, call.inputSchema);
  if (fault === undefined || (isImplied && fault.cause === "schema_unknown")) return undefined;
  evaluation.arguments = { ...fault, check };
  if (check === "observe") return undefined;
  return { effect: "deny", reason: "arguments_invalid", rule: pointer, mode, condition: fault.text };
}

// Security: which category's rules apply is not known, so that none of them could be trusted to have been asked.
function categoryDenial({ rules, category: { cause }, unevaluable }: Evaluation): Denial | undefined {
  const { categoryBy: by } = rules;
  if (by === undefined || cause === undefined) return undefined;
  unevaluable.push({ rule: by.pointer, cause });
  const { pointer: rule, mode, path: condition } = by;
  return { effect: "deny", reason: "condition_unevaluable", rule, mode, condition };
}

// Security: an exception inside a rule is a bug in Tollgate, and denies the call.
function evaluateRuleOrDeny(rule: Rule, call: Call, unevaluable: Unevaluable[]): RuleDenial | undefined {
  try {
    return evaluateRule(rule, call, unevaluable);
  } catch {
    unevaluable.push({ rule: rule.pointer, cause: "type" });
    return { reason: "condition_unevaluable" };
  }
}

/** Makes the denial of a rule. An unevaluable rule denies, even when its effect is to ask for approval. */
function denialByRule(rule: Rule, ruleDenial: RuleDenial): Denial {
  const isAsking = rule.effect === "approve" && ruleDenial.reason === "condition";
  return {
    effect: isAsking ? "ask" : "deny",
    rule: rule.pointer,
    mode: rule.mode,
    ...ruleDenial,
    ...(isAsking && { reason: "approval_required" }),
    ...(rule.message !== undefined && { message: rule.message }),
  };
}

type DeniedBy = Pick<Denial, "mode"> & { readonly reason?: string };

function denial(reason: Denial["reason"], rule: string, author: DeniedBy): Denial {
  return {
    effect: "deny",
    reason,
    rule,
    mode: author.mode,
    ...(author.reason !== undefined && { message: author.reason }),
  };
}

function approvalDenial(rule: string, author: DeniedBy): Denial {
  return { ...denial("approval_required", rule, author), effect: "ask" };
}

function isPinned({ pin }: ToolRules): boolean {
  return typeof pin === "object" ? pin.on_change !== "warn" : pin === "deny";
}
