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
 * Decides one tools/call. The first enforced denial wins, in the order of `findEnforced` below; then the limits decide.
 * A shadowed denial never ends the search: a call that any enforced rule denies is denied.
 */
export function decide(policy: Policy, call: Call, readUsage: ReadUsage): Decision {
  const unevaluable: Unevaluable[] = [];
  const rules = policy.forTool(call.tool);
  const category = categoryOfCall(rules, call);
  const entries = rules.entriesFor(category.category);
  const search: Search = { rules, category, entries, unevaluable, shadowed: undefined, arguments: undefined };
  const denial = findEnforced(policy, call, search);
  const { shadowed, arguments: checked } = search;
  const decision =
    denial === undefined
      ? decideLimits(limitsOf(entries), call, { readUsage, shadowed, unevaluable })
      : { denial, charges: [], unevaluable };
  return checked === undefined ? decision : { ...decision, arguments: checked };
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

/** The search for an enforced denial, and what it finds besides. */
interface Search {
  readonly rules: ToolRules;
  readonly category: CallCategory;
  readonly entries: readonly PolicyEntry[];
  readonly unevaluable: Unevaluable[];
  /** The first denial in shadow mode. */
  shadowed: Denial | undefined;
  /** Set when the arguments have been checked and do not fit. */
  arguments: CheckedArguments | undefined;
}

/** Returns the first enforced denial except those of limits, in the order of the policy language. */
function findEnforced(policy: Policy, call: Call, search: Search): Denial | undefined {
  return (
    firstEnforced(denialsByTool(policy, call, search), search) ??
    enforced(argumentsDenial(policy, call, search), search) ??
    enforced(categoryDenial(search), search) ??
    enforcedByRules(call, search)
  );
}

/** Returns the denial when it is enforced; else it may be the first in shadow mode. */
function enforced(denial: Denial | undefined, search: Search): Denial | undefined {
  if (denial === undefined || denial.mode === "enforce") return denial;
  search.shadowed ??= denial;
  return undefined;
}

function firstEnforced(denials: readonly Denial[], search: Search): Denial | undefined {
  for (const each of denials) {
    const found = enforced(each, search);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Every denial that needs no look at the arguments. */
function denialsByTool(policy: Policy, call: Call, { rules, category, entries }: Search): Denial[] {
  const found: Denial[] = [];
  const hiding = rules.hidingFor(category.category);
  if (hiding !== undefined) found.push(denial("hidden", "(hidden)", hiding));
  // Security: which of the entries is meant is not known, so none of them may let the call pass.
  if (rules.tied.length > 0) found.push(denial("denied_by_rule", "(ambiguous)", policy));
  for (const entry of entries) {
    if (entry.action === "deny") found.push(denial("denied_by_rule", actionPointer(entry), entry));
  }
  if (policy.default === "deny" && rules.key === undefined) {
    found.push(denial("default_deny", "(default deny)", policy));
  }
  if (policy.isLookAlike(call.tool, call.listing)) found.push(denial("look_alike", "(look-alike)", policy));
  const [first] = entries;
  if (call.isToolChanged === true && first !== undefined && isPinned(rules)) {
    found.push(denial("tool_changed", rules.pinPointer, first));
  }
  return found;
}

/** A denial by a rule comes before one that asks for approval. */
function enforcedByRules(call: Call, search: Search): Denial | undefined {
  const { entries } = search;
  const approvals: Denial[] = [];
  for (const entry of entries) {
    if (entry.action === "approve") approvals.push(approvalDenial(actionPointer(entry), entry));
  }
  for (const entry of entries) {
    for (const rule of entry.rules) {
      const byRule = ruleDenial(rule, call, search);
      if (byRule?.effect === "ask") approvals.push(byRule);
      else if (enforced(byRule, search) !== undefined) return byRule;
    }
  }
  return call.isApproved === true ? undefined : firstEnforced(approvals, search);
}

/** Checks the arguments as the policy says; records a fault, and denies under `validate`. */
function argumentsDenial(policy: Policy, call: Call, search: Search): Denial | undefined {
  const { check, pointer, mode, isImplied } = argumentsRule(policy, search.entries);
  if (check === "off") return undefined;
  const fault = checkArguments(call.args, call.inputSchema);
  if (fault === undefined || (isImplied && fault.cause === "schema_unknown")) return undefined;
  search.arguments = { ...fault, check };
  if (check === "observe") return undefined;
  return { effect: "deny", reason: "arguments_invalid", rule: pointer, mode, condition: fault.text };
}

// Security: which category's rules apply is not known, so that none of them could be trusted to have been asked.
function categoryDenial({ rules, category: { cause }, unevaluable }: Search): Denial | undefined {
  const { categoryBy: by } = rules;
  if (by === undefined || cause === undefined) return undefined;
  unevaluable.push({ rule: by.pointer, cause });
  const { pointer: rule, mode, path: condition } = by;
  return { effect: "deny", reason: "condition_unevaluable", rule, mode, condition };
}

// Security: an exception inside a rule is a bug in Tollgate, and denies the call.
function ruleDenial(rule: Rule, call: Call, { unevaluable }: Search): Denial | undefined {
  try {
    const found = evaluateRule(rule, call, unevaluable);
    return found && denialByRule(rule, found);
  } catch {
    unevaluable.push({ rule: rule.pointer, cause: "type" });
    return denialByRule(rule, { reason: "condition_unevaluable" });
  }
}

/** Makes the denial of a rule. An unevaluable rule denies, even when its effect is to ask for approval. */
function denialByRule(rule: Rule, found: RuleDenial): Denial {
  const isAsking = rule.effect === "approve" && found.reason === "condition";
  return {
    effect: isAsking ? "ask" : "deny",
    rule: rule.pointer,
    mode: rule.mode,
    ...found,
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
