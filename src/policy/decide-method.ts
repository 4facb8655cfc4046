/** Decides requests for every method except tools/call. */

import type { Caller } from "./caller.ts";
import { actionPointer, type Policy } from "./policy.ts";
import type { Decision, Denial } from "./decision.ts";
import { denied } from "./denial.ts";
import { decideLimits } from "./decide-limits.ts";
import type { ReadUsage } from "./limit.ts";

/** A request for a method: the caller, and whether any protocol revision has the method. */
export interface MethodCall extends Caller {
  readonly method: string;
  readonly isKnownMethod: boolean;
}

/** Allows a method unless `methods` denies it. An unknown method follows `*`; without `*` it is denied under `strict`. */
export function decideMethod(policy: Policy, call: MethodCall, readUsage: ReadUsage): Decision {
  const entry = policy.methods.get(call.method) ?? (call.isKnownMethod ? undefined : policy.methods.get("*"));
  if (entry === undefined) {
    return policy.isStrict && !call.isKnownMethod ? strictDecision(policy) : { charges: [], unevaluable: [] };
  }
  const denial: Denial | undefined =
    entry.action === "deny"
      ? {
          effect: "deny",
          reason: "denied_by_rule",
          rule: actionPointer(entry),
          mode: entry.mode,
          ...(entry.reason !== undefined && { message: entry.reason }),
        }
      : undefined;
  if (denial?.mode === "enforce") return denied(denial);
  return decideLimits(
    entry.limits,
    { ...call, tool: call.method, args: new Map() },
    { readUsage, shadowed: denial, unevaluable: [] },
  );
}

/** Whether a request of this method, which no revision has, could be denied: without an id it cannot be judged. */
export function restrictsMethod(policy: Policy, method: string): boolean {
  const entry = policy.methods.get(method) ?? policy.methods.get("*");
  if (entry === undefined) return policy.isStrict && policy.mode === "enforce";
  return entry.mode === "enforce" && (entry.action === "deny" || entry.limits.length > 0);
}

function strictDecision(policy: Policy): Decision {
  return denied({ effect: "deny", reason: "denied_by_rule", rule: "(unknown method)", mode: policy.mode });
}
