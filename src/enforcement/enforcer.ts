/** Decides, charges and reports one call: the permit that sends it upstream, or the denial that answers it. */

import type { Policy } from "../policy/policy.ts";
import { decideMethod } from "../policy/decide-method.ts";
import { type Call, type Decision, type Denial, isBlocked } from "../policy/decision.ts";
import { denied, frozenDenial, limiterUnavailableDenial, noPolicyDenial } from "../policy/denial.ts";
import type { ReadUsage } from "../policy/limit.ts";
import type { CallMessage } from "../mcp/message.ts";
import { isKnownMethod, passesFreeze } from "../mcp/methods.ts";
import { chargeInMemory, type ChargedDecision } from "./limits/charged-decision.ts";
import type { Clock } from "./clock.ts";
import type { Freeze, Freezes } from "./freezes/freezes.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { type EnforcementState, type Issued, Permit } from "./permit.ts";
import { type Agent, callerOf, claimedClientOf, principalOf } from "./request.ts";
import type { RequestLifecycle } from "./request-lifecycle.ts";

/** A tools/call, and the server's definition of its tool. */
export interface EnforcedCall extends Pick<Call, "category" | "inputSchema" | "listing"> {
  readonly message: CallMessage;
  /** The tool's definition is no longer the pinned one. */
  readonly isToolChanged: boolean;
}

export type Verdict =
  | { readonly permit: Permit; readonly denial?: undefined; readonly approval?: undefined }
  | {
      readonly denial: Denial;
      readonly permit?: undefined;
      /** The id of the approval that the call waits for or was refused. */
      readonly approval?: string;
    };

export interface Enforcer {
  /** Decides one call by `policy`, undefined when none covers its agent. Never throws: a call that cannot be decided is denied. Returns a promise only when a store is asked. */
  readonly enforce: (
    lifecycle: RequestLifecycle,
    policy: Policy | undefined,
    call: EnforcedCall,
  ) => MaybePromise<Verdict>;
  /** The same for a request of any other method: its denial, or undefined when it may pass. */
  readonly enforceMethod: (
    lifecycle: RequestLifecycle,
    policy: Policy | undefined,
  ) => MaybePromise<Denial | undefined>;
  /** Whether a freeze stops this method of the agent. */
  readonly isFrozen: (agent: Agent, method: string) => boolean;
}

export interface EnforcerOptions extends Omit<EnforcementState, "nowMs"> {
  readonly freezes: Freezes;
  readonly clock: Clock;
  /** Shortens the text of a call's arguments, by which equal calls are counted. */
  readonly digest: (text: string) => string;
  /** Called with every error that made a call undecidable. */
  readonly onFailure: (error: unknown) => void;
}

export function createEnforcer(options: EnforcerOptions): Enforcer {
  return {
    enforce: (lifecycle, policy, call) => enforceCall(options, lifecycle, policy, call),
    enforceMethod: (lifecycle, policy) => enforceMethod(options, lifecycle, policy),
    isFrozen: (agent, method) => freezeOf(options, agent, method) !== undefined,
  };
}

function enforceCall(
  options: EnforcerOptions,
  lifecycle: RequestLifecycle,
  policy: Policy | undefined,
  { message, category, inputSchema, listing, isToolChanged }: EnforcedCall,
): MaybePromise<Verdict> {
  const { agent, args = NO_ARGUMENTS } = lifecycle.request;
  const nowMs = options.clock.wallMs();
  const freeze = options.freezes.find([agent.name, principalOf(agent)], message.name, nowMs);
  if (freeze !== undefined) return deny(lifecycle, frozenDenial(freeze.reason), policy?.digest);
  if (policy === undefined) return deny(lifecycle, noPolicyDenial(), undefined);
  const toVerdict = ({ decision, permit, approval }: Issued): Verdict => {
    const known = approval === undefined ? {} : { approval };
    lifecycle.decided({ decision, policyDigest: policy.digest, ...known });
    if (permit === undefined) return { denial: decision.denial ?? FAULT, ...known };
    lifecycle.whenEnded((answer) => permit.ended(answer), permit.countsAnswer);
    return { permit };
  };
  const fail = (error: unknown): Verdict => ({ denial: failClosed(options, lifecycle, policy, error) });
  const { counters, shared, approvals, digest } = options;
  const call = {
    message,
    tool: message.name,
    category,
    args: message.args,
    inputSchema,
    listing,
    isToolChanged,
    digest,
    argsOnWire: args,
    ...callerOf(lifecycle.request),
    ...claimedClientOf(lifecycle.request),
  };
  return guarded(() => Permit.issue(policy, call, { counters, shared, approvals, nowMs }), toVerdict, fail);
}

const NO_ARGUMENTS = { bytes: 0, keys: [], text: "" };

function deny(lifecycle: RequestLifecycle, denial: Denial, policyDigest = ""): Verdict {
  lifecycle.decided({ decision: denied(denial), policyDigest });
  return { denial };
}

/** The freeze that stops a method other than tools/call; undefined when none does. */
function freezeOf({ freezes, clock }: EnforcerOptions, agent: Agent, method: string): Freeze | undefined {
  return passesFreeze(method)
    ? undefined
    : freezes.find([agent.name, principalOf(agent)], undefined, clock.wallMs());
}

function enforceMethod(
  options: EnforcerOptions,
  lifecycle: RequestLifecycle,
  policy: Policy | undefined,
): MaybePromise<Denial | undefined> {
  const { agent, method } = lifecycle.request;
  const freeze = freezeOf(options, agent, method);
  if (freeze !== undefined) return deny(lifecycle, frozenDenial(freeze.reason), policy?.digest).denial;
  // Without a policy every tools/call is denied; the other methods pass, so that a client can connect and read the denials.
  if (policy === undefined) return undefined;
  const toDenial = ({ decision, release, answered, countsAnswer }: ChargedDecision): Denial | undefined => {
    lifecycle.whenEnded((answer) => {
      release();
      return answered(answer);
    }, countsAnswer);
    // A method that the policy does not name is relayed and not reported.
    if (decision.denial === undefined && decision.charges.length === 0 && decision.due === undefined)
      return undefined;
    lifecycle.decided({ decision, policyDigest: policy.digest });
    return isBlocked(decision) ? decision.denial : undefined;
  };
  const call = {
    method,
    isKnownMethod: isKnownMethod(method),
    ...callerOf(lifecycle.request),
  };
  const decide = (readUsage: ReadUsage): Decision => decideMethod(policy, call, readUsage);
  const fail = (error: unknown): Denial => failClosed(options, lifecycle, policy, error);
  return guarded(() => decideAndCharge(options, decide), toDenial, fail);
}

function decideAndCharge(
  { counters, shared, clock }: EnforcerOptions,
  decide: (readUsage: ReadUsage) => Decision,
): MaybePromise<ChargedDecision> {
  if (shared !== undefined) return shared.decide(decide);
  const nowMs = clock.wallMs();
  return chargeInMemory(
    counters,
    decide((charge) => counters.read(charge, nowMs)),
    nowMs,
  );
}

/** `then` of the result of `work`, without a promise when there was none; whatever either throws goes to `fail`. */
function guarded<T, A>(
  work: () => MaybePromise<T>,
  then: (result: T) => A,
  fail: (error: unknown) => A,
): MaybePromise<A> {
  try {
    const result = work();
    return result instanceof Promise ? result.then(then).catch(fail) : then(result);
  } catch (error) {
    return fail(error);
  }
}

// Security: a fault of ours denies the call.
function failClosed(
  { onFailure }: EnforcerOptions,
  lifecycle: RequestLifecycle,
  policy: Policy,
  error: unknown,
): Denial {
  onFailure(error);
  lifecycle.decided({ decision: FAULTY, policyDigest: policy.digest });
  return FAULT;
}

const FAULT = limiterUnavailableDenial();
const FAULTY = denied(FAULT);
