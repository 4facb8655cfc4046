/** Closed sets of values that decisions, metrics, audit records and messages share: effect, reason, mode. */

export const EFFECTS = ["allow", "deny", "would_deny", "ask"] as const;
/** The counted effect: the decision's own, or `would_deny` when shadow mode lets a denial pass. */
export type Effect = (typeof EFFECTS)[number];

export const REASONS = [
  "denied_by_rule",
  "default_deny",
  "hidden",
  "look_alike",
  "condition",
  "condition_unevaluable",
  "arguments_invalid",
  "rate_limited",
  "budget_exceeded",
  "concurrency_exceeded",
  "repeated_call",
  "cooldown",
  "approval_required",
  "approval_rejected",
  "tool_changed",
  "unauthenticated",
  "no_policy",
  "frozen",
  "invalid_message",
  "limiter_unavailable",
] as const;
/** The reason of a denial: the same value in metric, audit record, span and message. */
export type Reason = (typeof REASONS)[number];

/** Reasons that no policy document gives, so that another document would not change the denial. */
export const REASONS_OUTSIDE_POLICY: ReadonlySet<Reason> = new Set<Reason>([
  "approval_rejected",
  "unauthenticated",
  "no_policy",
  "frozen",
  "invalid_message",
  "limiter_unavailable",
]);

export const MODES = ["enforce", "shadow"] as const;
/** `shadow` counts denials and lets the calls pass. */
export type Mode = (typeof MODES)[number];
