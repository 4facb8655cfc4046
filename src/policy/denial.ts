/** Denials without a rule in the document, for the enforcement point. */

import type { Decision, Denial } from "./decision.ts";
import { type Charge, chargeFits, type Limit, type Usage } from "./limit.ts";

/** Makes the decision of a denial without charges. */
export function denied(denial: Denial): Decision {
  return { denial, charges: [], unevaluable: [] };
}

/** Denies because a freeze covers everything, this agent or this tool. */
export function frozenDenial(message?: string): Denial {
  return enforcedDenial("frozen", "(frozen)", message);
}

/** Denies because authentication is required and the caller is not authenticated. */
export function unauthenticatedDenial(message?: string): Denial {
  return enforcedDenial("unauthenticated", "(unauthenticated)", message);
}

/** No policy is bound to this agent. */
export function noPolicyDenial(message?: string): Denial {
  return enforcedDenial("no_policy", "(no policy)", message);
}

/** The message was refused before policy could be asked. */
export function invalidMessageDenial(message?: string): Denial {
  return enforcedDenial("invalid_message", "(invalid)", message);
}

/** Denies because the limit store failed, or threw. */
export function limiterUnavailableDenial(message?: string): Denial {
  return enforcedDenial("limiter_unavailable", "(limiter unavailable)", message);
}

/** Denies because a person rejected the approval that `asked` waits for. */
export function approvalRejectedDenial(asked: Denial): Denial {
  return { ...asked, effect: "deny", reason: "approval_rejected" };
}

function enforcedDenial(reason: Denial["reason"], rule: string, message: string | undefined): Denial {
  return { effect: "deny", reason, rule, mode: "enforce", ...(message !== undefined && { message }) };
}

/**
 * Denies because a limit is full, also when an atomic store found it full after the decision.
 * `rate_limited` when the limit counts calls, `budget_exceeded` when it counts `increment` or `increment_from`,
 * `concurrency_exceeded` when it counts calls in flight, `repeated_call` when it counts equal calls,
 * `cooldown` when failures have opened a pause.
 * Has no `retryAfterMs` when the call is larger than the limit and never fits.
 */
export function limitDenial(charge: Charge, usage: Usage): Denial {
  const { limit } = charge;
  return {
    effect: "deny",
    reason: limitReason(limit),
    rule: limit.rule,
    mode: limit.mode,
    limit: { counter: limit.counter, used: usage.used, max: limit.max },
    ...(limit.message !== undefined && { message: limit.message }),
    ...(chargeFits(charge, 0) && { retryAfterMs: usage.retryAfterMs }),
  };
}

function limitReason({ measures, scope }: Limit): Denial["reason"] {
  if (measures === "in_flight") return "concurrency_exceeded";
  if (measures === "pause") return "cooldown";
  if (measures === "amounts") return "budget_exceeded";
  return scope === "arguments" ? "repeated_call" : "rate_limited";
}
