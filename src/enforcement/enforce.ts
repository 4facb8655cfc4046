/** One call: the permit that lets it pass, or the denial that answers it. */

import type { Policy } from "../policy/compile.ts";
import { decideMethod } from "../policy/decide-method.ts";
import { type Call, type Denial, isBlocked } from "../policy/decision.ts";
import type { Clock } from "./clock.ts";
import type { Counters } from "./counters.ts";
import { denied, limiterUnavailableDenial, noPolicyDenial } from "../policy/denial.ts";
import { isKnownMethod } from "../policy/method.ts";
import { Permit } from "./permit.ts";
import { type Agent, principalOf } from "./request.ts";
import type { Tracking } from "./tracking.ts";

/** A call with the message that carries it; absent session in the stateless era. */
export type CallMessage = Pick<
  Call,
  "tool" | "category" | "args" | "inputSchema" | "session" | "isToolChanged"
> & {
  readonly text: string;
};

export type Verdict =
  | { readonly permit: Permit; readonly denial?: undefined }
  | { readonly denial: Denial; readonly permit?: undefined };

export interface Enforcer {
  /** Judges, charges and reports one call. Never throws: what cannot be decided is denied. */
  readonly enforce: (tracking: Tracking, message: CallMessage) => Verdict;
  /** The same for a request of any other method: its denial, or undefined when it may pass. */
  readonly enforceMethod: (tracking: Tracking) => Denial | undefined;
}

export interface EnforcerParts {
  /** The policy in force for this agent now; undefined when none covers it. A reload swaps what this returns. */
  readonly policyFor: (agent: Agent) => Policy | undefined;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

export function createEnforcer(parts: EnforcerParts): Enforcer {
  return {
    enforce: (tracking, message) => enforceCall(parts, tracking, message),
    enforceMethod: (tracking) => enforceMethod(parts, tracking),
  };
}

function enforceCall(parts: EnforcerParts, tracking: Tracking, message: CallMessage): Verdict {
  const { policyFor, counters, clock, onFailure } = parts;
  const { agent } = tracking.request;
  // Invariant: the policy is read once, so that one call is judged by exactly one policy.
  const policy = policyFor(agent);
  if (policy === undefined) {
    const denial = noPolicyDenial();
    tracking.judged({ decision: denied(denial), policyDigest: "" });
    return { denial };
  }
  try {
    const call = { ...message, agent: principalOf(agent) };
    const { decision, permit } = Permit.issue(policy, call, counters, clock.wallMs());
    tracking.judged({ decision, policyDigest: policy.digest });
    return permit === undefined ? { denial: decision.denial ?? FAULT } : { permit };
  } catch (error) {
    onFailure(error);
    tracking.judged({ decision: FAULTY, policyDigest: policy.digest });
    return { denial: FAULT };
  }
}

function enforceMethod(parts: EnforcerParts, tracking: Tracking): Denial | undefined {
  const { policyFor, counters, clock, onFailure } = parts;
  const { agent, method, session } = tracking.request;
  const policy = policyFor(agent);
  // A missing policy denies calls; without the other methods a client could not even be told.
  if (policy === undefined) return undefined;
  try {
    const nowMs = clock.wallMs();
    const call = {
      method,
      isKnownMethod: isKnownMethod(method),
      agent: principalOf(agent),
      ...(session !== undefined && { session }),
    };
    const decision = decideMethod(policy, call, (charge) => counters.read(charge, nowMs));
    // A method that the policy does not speak of is relayed, not judged.
    if (decision.denial === undefined && decision.charges.length === 0) return undefined;
    if (!isBlocked(decision)) counters.charge(decision.charges, nowMs);
    tracking.judged({ decision, policyDigest: policy.digest });
    return isBlocked(decision) ? decision.denial : undefined;
  } catch (error) {
    onFailure(error);
    tracking.judged({ decision: FAULTY, policyDigest: policy.digest });
    return FAULT;
  }
}

/** Our own fault denies the call: deciding fails closed. */
const FAULT = limiterUnavailableDenial();
const FAULTY = denied(FAULT);
