/** One call: the permit that lets it pass, or the denial that answers it. */

import type { Policy } from "../policy/policy.ts";
import { decideMethod } from "../policy/decide-method.ts";
import { type Call, type Decision, type Denial, isBlocked } from "../policy/decision.ts";
import { denied, frozenDenial, limiterUnavailableDenial, noPolicyDenial } from "../policy/denial.ts";
import type { ReadUsage } from "../policy/limit.ts";
import type { CallMessage } from "../mcp/message.ts";
import { isKnownMethod } from "../mcp/methods.ts";
import type { Clock } from "./clock.ts";
import type { Freezes } from "./freezes/freezes.ts";
import { type Issued, type EnforcementState, Permit } from "./permit.ts";
import { type Agent, principalOf } from "./request.ts";
import type { MemoryCounters } from "./limits/memory-counters.ts";
import type { RequestLifecycle } from "./request-lifecycle.ts";

/** A call with the message that carries it; absent session in the stateless era. */
export type EnforcedCall = Pick<Call, "category" | "inputSchema" | "session" | "isToolChanged"> & {
  readonly message: CallMessage;
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
  /** Judges, charges and reports one call. Never throws: what cannot be decided is denied. A promise only where a store is asked. */
  readonly enforce: (tracking: RequestLifecycle, call: EnforcedCall) => Result<Verdict>;
  /** The same for a request of any other method: its denial, or undefined when it may pass. */
  readonly enforceMethod: (tracking: RequestLifecycle) => Result<Denial | undefined>;
}

export interface EnforcerParts extends Omit<EnforcementState, "nowMs"> {
  /** The policy in force for this agent now; undefined when none covers it. A reload swaps what this returns. */
  readonly policyFor: (agent: Agent) => Policy | undefined;
  readonly freezes: Freezes;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

export function createEnforcer(parts: EnforcerParts): Enforcer {
  return {
    enforce: (tracking, call) => enforceCall(parts, tracking, call),
    enforceMethod: (tracking) => enforceMethod(parts, tracking),
  };
}

type Result<T> = T | Promise<T>;

function enforceCall(
  parts: EnforcerParts,
  tracking: RequestLifecycle,
  enforced: EnforcedCall,
): Result<Verdict> {
  const { agent, args } = tracking.request;
  const { message } = enforced;
  // Invariant: the policy is read once, so that one call is judged by exactly one policy.
  const policy = parts.policyFor(agent);
  const policyDigest = policy?.digest ?? "";
  const nowMs = parts.clock.wallMs();
  const freeze = parts.freezes.find([agent.name, principalOf(agent)], message.name, nowMs);
  if (freeze !== undefined) return deny(tracking, frozenDenial(freeze.reason), policyDigest);
  if (policy === undefined) return deny(tracking, noPolicyDenial(), policyDigest);
  const answer = ({ decision, permit, approval }: Issued): Verdict => {
    const known = approval === undefined ? {} : { approval };
    tracking.judged({ decision, policyDigest, ...known });
    return permit === undefined ? { denial: decision.denial ?? FAULT, ...known } : { permit };
  };
  const fail = (error: unknown): Verdict => ({ denial: failed(parts, tracking, policy, error) });
  const { counters, shared, approvals } = parts;
  const ledger = { counters, shared, approvals, nowMs };
  const call = {
    ...enforced,
    tool: message.name,
    args: message.args,
    agent: principalOf(agent),
    argsOnWire: args ?? NO_ARGUMENTS,
  };
  return guarded(() => Permit.issue(policy, call, ledger), answer, fail);
}

const NO_ARGUMENTS = { bytes: 0, keys: [], text: "" };

function deny(tracking: RequestLifecycle, denial: Denial, policyDigest: string): Verdict {
  tracking.judged({ decision: denied(denial), policyDigest });
  return { denial };
}

function enforceMethod(parts: EnforcerParts, tracking: RequestLifecycle): Result<Denial | undefined> {
  const { agent, method, session } = tracking.request;
  const policy = parts.policyFor(agent);
  // A missing policy denies calls; without the other methods a client could not even be told.
  if (policy === undefined) return undefined;
  const answer = (decision: Decision): Denial | undefined => {
    // A method that the policy does not speak of is relayed, not judged.
    if (decision.denial === undefined && decision.charges.length === 0) return undefined;
    tracking.judged({ decision, policyDigest: policy.digest });
    return isBlocked(decision) ? decision.denial : undefined;
  };
  const call = {
    method,
    isKnownMethod: isKnownMethod(method),
    agent: principalOf(agent),
    ...(session !== undefined && { session }),
  };
  const judge = (readUsage: ReadUsage): Decision => decideMethod(policy, call, readUsage);
  const fail = (error: unknown): Denial => failed(parts, tracking, policy, error);
  return guarded(() => judgeWith(parts, judge), answer, fail);
}

function judgeWith(
  { counters, shared, clock }: EnforcerParts,
  judge: (readUsage: ReadUsage) => Decision,
): Result<Decision> {
  if (shared === undefined) return judgeInMemory(judge, counters, clock.wallMs());
  const judged = shared.decide(judge);
  return judged instanceof Promise ? judged.then(({ decision }) => decision) : judged.decision;
}

/** What came of `work`, at once where it came at once; what it or the answer threw goes to `fail`. */
function guarded<T, A>(
  work: () => Result<T>,
  answer: (result: T) => A,
  fail: (error: unknown) => A,
): Result<A> {
  try {
    const result = work();
    return result instanceof Promise ? result.then(answer).catch(fail) : answer(result);
  } catch (error) {
    return fail(error);
  }
}

function judgeInMemory(
  judge: (readUsage: ReadUsage) => Decision,
  counters: MemoryCounters,
  nowMs: number,
): Decision {
  const decision = judge((charge) => counters.read(charge, nowMs));
  if (!isBlocked(decision)) counters.charge(decision.charges, nowMs);
  return decision;
}

/** Our own fault denies the call: deciding fails closed. */
function failed(
  { onFailure }: EnforcerParts,
  tracking: RequestLifecycle,
  policy: Policy,
  error: unknown,
): Denial {
  onFailure(error);
  tracking.judged({ decision: FAULTY, policyDigest: policy.digest });
  return FAULT;
}

const FAULT = limiterUnavailableDenial();
const FAULTY = denied(FAULT);
