/** The proof that a call was decided and charged. A tools/call goes upstream by its permit alone (see test/types/permit.test-d.ts). */

import type { CallMessage } from "../mcp/message.ts";
import type { Policy } from "../policy/policy.ts";
import type { Answer } from "../policy/answers/answer-charges.ts";
import { decide } from "../policy/decide.ts";
import { type Decision, isBlocked, type Unevaluable } from "../policy/decision.ts";
import type { ApprovalService } from "./approvals/approval.ts";
import {
  type ApprovableCall,
  type DecisionWithApproval,
  decideWithApproval,
} from "./approvals/decide-with-approval.ts";
import { chargeInMemory, type ChargedDecision } from "./limits/charged-decision.ts";
import { type MaybePromise, whenDecided } from "./maybe-promise.ts";
import type { MemoryCounters } from "./limits/memory-counters.ts";
import type { SharedLimits } from "./limits/shared-limits.ts";

export interface Issued {
  readonly decision: Decision;
  /** Absent when the decision denies. */
  readonly permit: Permit | undefined;
  /** The id of the approval that the call waits for, was refused, or has used up. */
  readonly approval: string | undefined;
}

/** The state against which a permit is issued. */
export interface EnforcementState {
  readonly counters: MemoryCounters;
  /** Limits that other processes share; they replace `counters`. */
  readonly shared?: SharedLimits | undefined;
  readonly approvals: ApprovalService;
  readonly nowMs: number;
}

export class Permit {
  /** The tools/call that was decided; no other text goes upstream. */
  readonly message: CallMessage;
  #refund: (() => void) | undefined;
  readonly #charged: ChargedDecision;

  private constructor(message: CallMessage, charged: ChargedDecision) {
    this.message = message;
    this.#refund = charged.refund;
    this.#charged = charged;
  }

  /** Decides `call`, which `call.message` carries, and charges its limits. Returns a promise only when a store is asked. */
  static issue(
    policy: Policy,
    call: ApprovableCall & { readonly message: CallMessage },
    state: EnforcementState,
  ): MaybePromise<Issued> {
    const { approvals, nowMs } = state;
    const context = { approvals, nowMs, policyDigest: policy.digest };
    const decided = decideWithApproval(call, (asked) => decideAndCharge(policy, asked, state), context);
    return whenDecided(decided, (decision) => Permit.#of(call.message, decision));
  }

  static #of(message: CallMessage, charged: DecisionWithApproval): Issued {
    const { decision, approval } = charged;
    const permit = isBlocked(decision) ? undefined : new Permit(message, charged);
    return { decision, permit, approval };
  }

  /** Refunds the charges and the approval of a call that was never sent, once. */
  refund(): void {
    this.#refund?.();
    this.#refund = undefined;
  }

  /** Whether a limit counts something of the answer. */
  get countsAnswer(): boolean {
    return this.#charged.countsAnswer;
  }

  /** Frees the places of the call in limits of calls in flight, and charges its answer: it has ended. Returns the amounts that the answer does not have. */
  ended(answer: Answer): readonly Unevaluable[] {
    this.#charged.release();
    // A call that was never sent has no answer.
    return this.#refund === undefined ? [] : this.#charged.answered(answer);
  }
}

// Security: deciding and charging are one synchronous step, in memory here, in the store's script where limits are shared.
function decideAndCharge(
  policy: Policy,
  call: ApprovableCall,
  { shared, counters, nowMs }: EnforcementState,
): MaybePromise<ChargedDecision> {
  if (shared !== undefined) return shared.decide((readUsage) => decide(policy, call, readUsage));
  const decision = decide(policy, call, (charge) => counters.read(charge, nowMs));
  return chargeInMemory(counters, decision, nowMs);
}
