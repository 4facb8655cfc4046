/** Denials that no rule of a document spells out, each as the enforcement floor needs it. */

import type { Decision, Denial } from "./decision.ts";
import { type Charge, chargeFits, type Usage } from "./limit.ts";

/** The decision that a denial by itself makes: nothing is charged. */
export function denied(denial: Denial): Decision {
  return { denial, charges: [], unevaluable: [] };
}

/** The kill switch is on for everything, this agent or this tool. */
export function frozenDenial(message?: string): Denial {
  return enforcedDenial("frozen", "(frozen)", message);
}

/** Identity is required, and there is no proof of it. */
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

/** The limit store did not answer, or an exception of ours stood in its place. */
export function limiterUnavailableDenial(message?: string): Denial {
  return enforcedDenial("limiter_unavailable", "(limiter unavailable)", message);
}

/** The approval that `asked` waits for was refused. */
export function approvalRejectedDenial(asked: Denial): Denial {
  return { ...asked, effect: "deny", reason: "approval_rejected" };
}

function enforcedDenial(reason: Denial["reason"], rule: string, message: string | undefined): Denial {
  return { effect: "deny", reason, rule, mode: "enforce", ...(message !== undefined && { message }) };
}

/**
 * What a full limit answers, also when an atomic store found it full after the decision.
 * `rate_limited` when the limit counts calls, `budget_exceeded` when it counts what `increment` or `increment_from` says.
 * Without `retryAfterMs` the call is larger than the limit itself and will never fit.
 */
export function limitDenial(charge: Charge, usage: Usage): Denial {
  const { limit } = charge;
  return {
    effect: "deny",
    reason: limit.measures === "calls" ? "rate_limited" : "budget_exceeded",
    rule: limit.rule,
    mode: limit.mode,
    limit: { counter: limit.counter, used: usage.used, max: limit.max },
    ...(limit.message !== undefined && { message: limit.message }),
    ...(chargeFits(charge, 0) && { retryAfterMs: usage.retryAfterMs }),
  };
}
