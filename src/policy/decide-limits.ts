/** The last step of a decision: checks the call against every limit, and determines its charges. */

import type { Caller } from "./caller.ts";
import type { CompiledLimit } from "./policy.ts";
import type { Call, Decision, Denial, Unevaluable } from "./decision.ts";
import { limitDenial, limiterUnavailableDenial } from "./denial.ts";
import { canonicalText } from "../json/canonical-text.ts";
import { type Charge, chargeFits, type Limit, type ReadUsage } from "./limit.ts";

/** The caller and the arguments of a call, which limits depend on. */
type LimitedCall = Caller &
  Pick<Call, "args" | "inputSchema" | "digest"> & {
    /** The tool; the method of a request that calls no tool. */
    readonly tool: string;
  };

export interface RuleOutcome {
  readonly readUsage: ReadUsage;
  /** The first denial by a rule in shadow mode. */
  readonly shadowed: Denial | undefined;
  readonly unevaluable: Unevaluable[];
}

/**
 * Decides by limits: one full limit denies the call, and a denied call is charged nothing.
 * Of several full limits, reports the one with the longest wait.
 * An enforced limit counts every call that passes, so that a shadowed rule does not loosen it. A shadowed limit counts
 * only calls that no rule, enforced or shadowed, would deny.
 */
export function decideLimits(
  limits: readonly CompiledLimit[],
  caller: LimitedCall,
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
  const all = Array.from(charges.values());
  if (wouldDeny === undefined) return decision(undefined, all, findings);
  return decision(
    wouldDeny,
    all.filter(({ limit }) => limit.mode === "enforce"),
    findings,
  );
}

function decision(
  denial: Denial | undefined,
  charges: readonly Charge[],
  { unevaluable }: RuleOutcome,
): Decision {
  const base = denial === undefined ? { unevaluable } : { denial, unevaluable };
  if (charges.every(({ limit }) => limit.answer === undefined)) return { ...base, charges };
  return {
    ...base,
    charges: charges.filter(({ limit }) => limit.answer === undefined),
    due: charges.filter(({ limit }) => limit.answer !== undefined),
  };
}

function decideLimit(
  { limit, amountOf }: CompiledLimit,
  caller: LimitedCall,
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
    // Security: a usage of NaN does not fit, since every comparison with it is false.
    return chargeFits(charge, usage.used) ? undefined : limitDenial(charge, usage);
  } catch {
    return { ...limiterUnavailableDenial(), mode: limit.mode };
  }
}

/** Denies a call whose increment is missing, negative or not finite. */
function amountDenial(limit: Limit): Denial {
  return {
    effect: "deny",
    reason: "condition_unevaluable",
    rule: limit.rule,
    mode: limit.mode,
    ...(limit.message !== undefined && { message: limit.message }),
  };
}

/** Charges a counter that two limits of one call share once: the larger amount against the smaller `max`. */
function addCharge(charges: Map<string, Charge>, charge: Charge): void {
  const known = charges.get(charge.limit.id);
  const tighter = known !== undefined && known.limit.max < charge.limit.max ? known.limit : charge.limit;
  charges.set(charge.limit.id, {
    limit: tighter,
    key: charge.key,
    amount: Math.max(charge.amount, known?.amount ?? 0),
  });
}

// Security: a caller without a user counts for its agent, so that leaving the user out escapes no limit.
// Invariant: injective for each scope: the prefixes keep agents, users and sessions apart, and no name has a line break.
/** The key of the counter. Without a session, `session` falls back to the agent, and without a user `user` does. */
function counterKey({ scope }: Limit, call: LimitedCall): string {
  const { agent, user, session, tool } = call;
  switch (scope) {
    case "server":
      return "";
    case "agent":
      return agent;
    case "session":
      return session === undefined ? `agent ${agent}` : `session ${session}`;
    case "user":
      return user === undefined ? `agent ${agent}` : `user ${user}`;
    case "agent+user":
      return user === undefined ? `agent ${agent}` : `agent ${agent}\nuser ${user}`;
    case "tool":
      return tool;
    case "agent+tool":
      return JSON.stringify([agent, tool]);
    case "arguments":
      return argumentsKey(call);
  }
}

function argumentsKey({ agent, tool, args, digest = (text) => text }: LimitedCall): string {
  return JSON.stringify([agent, tool, digest(canonicalText(args))]);
}

/** Returns the denial with the longer wait; a call that never fits waits longest. */
function longerWait(one: Denial | undefined, other: Denial): Denial {
  if (one === undefined) return other;
  return (other.retryAfterMs ?? Infinity) > (one.retryAfterMs ?? Infinity) ? other : one;
}
