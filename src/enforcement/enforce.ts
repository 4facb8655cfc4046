/** One call: the permit that lets it pass, or the denial that answers it. */

import type { Policy } from "../policy/compile.ts";
import { decideMethod } from "../policy/decide-method.ts";
import { type Call, type Denial, isBlocked } from "../policy/decision.ts";
import type { Approvals } from "./approvals.ts";
import type { Clock } from "./clock.ts";
import type { Counters } from "./counters.ts";
import { denied, frozenDenial, limiterUnavailableDenial, noPolicyDenial } from "../policy/denial.ts";
import { isKnownMethod } from "../policy/method.ts";
import type { Freezes } from "./freeze.ts";
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
  | { readonly permit: Permit; readonly denial?: undefined; readonly approval?: undefined }
  | {
      readonly denial: Denial;
      readonly permit?: undefined;
      /** The id of the approval that the call waits for or was refused. */
      readonly approval?: string;
    };

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
  readonly approvals: Approvals;
  readonly freezes: Freezes;
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
  const { policyFor, clock, onFailure } = parts;
  const { agent } = tracking.request;
  // Invariant: the policy is read once, so that one call is judged by exactly one policy.
  const policy = policyFor(agent);
  const digest = policy?.digest ?? "";
  const nowMs = clock.wallMs();
  const freeze = parts.freezes.find([agent.name, principalOf(agent)], message.tool, nowMs);
  if (freeze !== undefined) return deny(tracking, frozenDenial(freeze.reason), digest);
  if (policy === undefined) return deny(tracking, noPolicyDenial(), digest);
  try {
    const argsOnWire = tracking.request.args ?? NO_ARGUMENTS;
    const call = { ...message, agent: principalOf(agent), argsOnWire };
    const { decision, permit, approval } = Permit.issue(policy, call, { ...parts, nowMs });
    const known = approval === undefined ? {} : { approval };
    tracking.judged({ decision, policyDigest: digest, ...known });
    return permit === undefined ? { denial: decision.denial ?? FAULT, ...known } : { permit };
  } catch (error) {
    onFailure(error);
    return deny(tracking, FAULT, digest);
  }
}

const NO_ARGUMENTS = { bytes: 0, keys: [], text: "" };

function deny(tracking: Tracking, denial: Denial, policyDigest: string): Verdict {
  tracking.judged({ decision: denied(denial), policyDigest });
  return { denial };
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
