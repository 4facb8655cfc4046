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
  let charges: readonly Charge[] = [];
  let enforced: Denial | undefined;
  let shadowed: Denial | undefined;
  for (const compiled of limits) {
    const charge = chargeOf(compiled, caller, findings.unevaluable);
    if (charge !== undefined) charges = withCharge(charges, charge);
    const denial = charge === undefined ? amountDenial(compiled.limit) : usageDenial(charge, findings);
    if (denial?.mode === "enforce") enforced = longerWait(enforced, denial);
    else if (denial !== undefined) shadowed = longerWait(shadowed, denial);
  }
  if (enforced !== undefined) return decision(enforced, [], findings);
  const wouldDeny = findings.shadowed ?? shadowed;
  if (wouldDeny === undefined) return decision(undefined, charges, findings);
  return decision(
    wouldDeny,
    charges.filter(({ limit }) => limit.mode === "enforce"),
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

/** Undefined when the amount is not known. */
function chargeOf(
  { limit, amountOf }: CompiledLimit,
  caller: LimitedCall,
  unevaluable: Unevaluable[],
): Charge | undefined {
  const amount = amountOf(caller.args, caller.inputSchema);
  if (typeof amount === "number") return { limit, key: counterKey(limit, caller), amount };
  unevaluable.push({ rule: limit.rule, cause: amount });
  return undefined;
}

/** Denies a call that does not fit into the limit, or whose usage cannot be read. */
function usageDenial(charge: Charge, { readUsage }: RuleOutcome): Denial | undefined {
  try {
    const usage = readUsage(charge);
    // Security: a usage of NaN does not fit, since every comparison with it is false.
    return chargeFits(charge, usage.used) ? undefined : limitDenial(charge, usage);
  } catch {
    return { ...limiterUnavailableDenial(), mode: charge.limit.mode };
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

/** Adds a charge. A counter that two limits of one call share is charged once: the larger amount against the smaller `max`. */
function withCharge(charges: readonly Charge[], charge: Charge): readonly Charge[] {
  // Most calls have one charge.
  if (charges.length === 0) return [charge];
  const index = charges.findIndex(({ limit }) => limit.id === charge.limit.id);
  const known = charges[index];
  if (known === undefined) return [...charges, charge];
  return charges.with(index, {
    limit: known.limit.max < charge.limit.max ? known.limit : charge.limit,
    key: charge.key,
    amount: Math.max(charge.amount, known.amount),
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
