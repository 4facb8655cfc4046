/** The last step of a decision: does the call fit into every limit, and what is charged for it. */

import type { CompiledLimit } from "./policy.ts";
import type { Call, Decision, Denial, Unevaluable } from "./decision.ts";
import { limitDenial, limiterUnavailableDenial } from "./denial.ts";
import { type Charge, chargeFits, type Limit, type ReadUsage } from "./limit.ts";

/** Whose call it is. */
export type Caller = Pick<Call, "agent" | "session" | "args" | "inputSchema">;

export interface RuleOutcome {
  readonly readUsage: ReadUsage;
  /** The first denial that was only shadowed so far. */
  readonly shadowed: Denial | undefined;
  readonly unevaluable: Unevaluable[];
}

/**
 * All or none: one full limit denies the call, and a denied call is charged nothing.
 * Of several full limits, the one that takes longest to have room is reported.
 * Shadow: an enforced limit counts every call that passes, or a shadowed rule would loosen it; a shadowed limit counts
 * only what no rule, enforced or shadowed, would deny.
 */
export function decideLimits(
  limits: readonly CompiledLimit[],
  caller: Caller,
  findings: RuleOutcome,
): Decision {
  if (limits.length === 0) return decision(findings.shadowed, [], findings);
  const charges = new Map<string, Charge>();
  let enforced: Denial | undefined;
  let shadowed: Denial | undefined;
  for (const limit of limits) {
    const denial = decideLimit(limit, caller, findings, charges);
    if (denial?.mode === "enforce") enforced = longerWait(enforced, denial);
    else if (denial !== undefined) shadowed = longerWait(shadowed, denial);
  }
  if (enforced !== undefined) return decision(enforced, [], findings);
  const wouldDeny = findings.shadowed ?? shadowed;
  const due = Array.from(charges.values());
  if (wouldDeny === undefined) return decision(undefined, due, findings);
  return decision(
    wouldDeny,
    due.filter(({ limit }) => limit.mode === "enforce"),
    findings,
  );
}

function decision(
  denial: Denial | undefined,
  charges: readonly Charge[],
  { unevaluable }: RuleOutcome,
): Decision {
  return denial === undefined ? { charges, unevaluable } : { denial, charges, unevaluable };
}

function decideLimit(
  { limit, amountOf }: CompiledLimit,
  caller: Caller,
  { readUsage, unevaluable }: RuleOutcome,
  charges: Map<string, Charge>,
): Denial | undefined {
  const amount = amountOf(caller.args, caller.inputSchema);
  if (typeof amount === "string") {
    unevaluable.push({ rule: limit.rule, cause: amount });
    return amountDenial(limit);
  }
  const charge = { limit, key: counterKey(limit, caller), amount };
  addCharge(charges, charge);
  try {
    const usage = readUsage(charge);
    // Security: written so that a usage that is no number does not fit.
    return chargeFits(charge, usage.used) ? undefined : limitDenial(charge, usage);
  } catch {
    return { ...limiterUnavailableDenial(), mode: limit.mode };
  }
}

/** An increment that is missing, negative or not finite denies. */
function amountDenial(limit: Limit): Denial {
  return {
    effect: "deny",
    reason: "condition_unevaluable",
    rule: limit.rule,
    mode: limit.mode,
    ...(limit.message !== undefined && { message: limit.message }),
  };
}

/** A counter that two limits of one call share is charged once, with the larger amount, against the smaller `max`. */
function addCharge(charges: Map<string, Charge>, charge: Charge): void {
  const known = charges.get(charge.limit.id);
  const tighter = known !== undefined && known.limit.max < charge.limit.max ? known.limit : charge.limit;
  charges.set(charge.limit.id, {
    limit: tighter,
    key: charge.key,
    amount: Math.max(charge.amount, known?.amount ?? 0),
  });
}

/** Without sessions, `session` falls back to the agent; the words in front keep the two apart. */
function counterKey({ scope }: Limit, { agent, session }: Caller): string {
  if (scope === "server") return "";
  if (scope === "agent") return agent;
  return session === undefined ? `agent ${agent}` : `session ${session}`;
}

/** What will never fit takes longest of all. */
function longerWait(one: Denial | undefined, other: Denial): Denial {
  if (one === undefined) return other;
  return (other.retryAfterMs ?? Infinity) > (one.retryAfterMs ?? Infinity) ? other : one;
}
