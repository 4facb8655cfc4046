/** The closed sets of words that a decision is made of, and that everything else repeats: mode, effect, reason. */

export const EFFECTS = ["allow", "deny", "would_deny", "ask"] as const;
/** As counted: a decision's own effect, or `would_deny` where shadow mode let a denial pass. */
export type Effect = (typeof EFFECTS)[number];

export const REASONS = [
  "denied_by_rule",
  "default_deny",
  "hidden",
  "condition",
  "condition_unevaluable",
  "rate_limited",
  "budget_exceeded",
  "approval_required",
  "approval_rejected",
  "tool_changed",
  "unauthenticated",
  "no_policy",
  "frozen",
  "invalid_message",
  "limiter_unavailable",
] as const;
/** Why a call was not allowed: the same word in metric, audit record, span and message. */
export type Reason = (typeof REASONS)[number];

export const MODES = ["enforce", "shadow"] as const;
export type Mode = (typeof MODES)[number];
