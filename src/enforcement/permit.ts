/** The proof that a call was judged and charged. Nothing else opens the way upstream for a tools/call. */

import type { CallMessage } from "../mcp/message.ts";
import type { Policy } from "../policy/policy.ts";
import { decide } from "../policy/decide.ts";
import { type Decision, isBlocked } from "../policy/decision.ts";
import type { ReadUsage } from "../policy/limit.ts";
import type { ApprovalService } from "./approvals/approval.ts";
import {
  type ApprovableCall,
  type DecisionWithApproval,
  decideWithApproval,
} from "./approvals/decide-with-approval.ts";
import type { ChargedDecision } from "./limits/charged-decision.ts";
import type { MemoryCounters } from "./limits/memory-counters.ts";
import type { SharedLimits } from "./limits/shared-limits.ts";

export interface Issued {
  readonly decision: Decision;
  /** Absent when the decision denies. */
  readonly permit: Permit | undefined;
  /** The id of the approval that the call waits for, was refused, or has used up. */
  readonly approval: string | undefined;
}

/** What a permit is issued against. */
export interface EnforcementState {
  readonly counters: MemoryCounters;
  /** Limits that other processes share; they stand in for `counters`. */
  readonly shared?: SharedLimits | undefined;
  readonly approvals: ApprovalService;
  readonly nowMs: number;
}

export class Permit {
  /** The tools/call as it was judged: its text goes upstream, and no other. */
  readonly message: CallMessage;
  #refund: (() => void) | undefined;

  private constructor(message: CallMessage, refund: () => void) {
    this.message = message;
    this.#refund = refund;
  }

  /** Judges `call`, which `call.message` carries, and charges its limits. A promise only where a store is asked. */
  static issue(
    policy: Policy,
    call: ApprovableCall & { readonly message: CallMessage },
    ledger: EnforcementState,
  ): Issued | Promise<Issued> {
    const { approvals, nowMs } = ledger;
    const door = { approvals, nowMs, policyDigest: policy.digest };
    const approved = decideWithApproval(call, (asked) => charge(policy, asked, ledger), door);
    return approved instanceof Promise
      ? approved.then((one) => Permit.#of(call.message, one))
      : Permit.#of(call.message, approved);
  }

  static #of(message: CallMessage, { decision, refund, approval }: DecisionWithApproval): Issued {
    const permit = isBlocked(decision) ? undefined : new Permit(message, refund);
    return { decision, permit, approval };
  }

  /** Gives back what was charged and the approval that was used, once; for a call that was never sent. */
  refund(): void {
    this.#refund?.();
    this.#refund = undefined;
  }
}

// Security: deciding and charging are one synchronous step, in memory here, in the store's script where limits are shared.
function charge(
  policy: Policy,
  call: ApprovableCall,
  { shared, counters, nowMs }: EnforcementState,
): ChargedDecision | Promise<ChargedDecision> {
  const judge = (readUsage: ReadUsage): Decision => decide(policy, call, readUsage);
  if (shared !== undefined) return shared.decide(judge);
  const decision = judge((one) => counters.read(one, nowMs));
  if (isBlocked(decision)) return { decision, refund: nothing };
  const receipts = counters.charge(decision.charges, nowMs);
  return { decision, refund: () => counters.refund(receipts) };
}

const nothing = (): void => undefined;
