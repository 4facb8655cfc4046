/** The proof that a call was judged and charged. Nothing else opens the way upstream for a tools/call. */

import { type Decision, isBlocked } from "../policy/decision.ts";
import type { Policy } from "../policy/compile.ts";
import type { Approvals } from "./approvals.ts";
import { type ApprovableCall, decideWithApproval } from "./approved.ts";
import type { Counters, Receipt } from "./counters.ts";

export interface Issued {
  readonly decision: Decision;
  /** Absent when the decision denies. */
  readonly permit?: Permit;
  /** The id of the approval that the call waits for, was refused, or has used up. */
  readonly approval?: string;
}

/** What a permit is issued against. */
export interface Ledger {
  readonly counters: Counters;
  readonly approvals: Approvals;
  readonly nowMs: number;
}

export class Permit {
  /** The message as it was judged; what goes upstream is this and nothing else. */
  readonly text: string;
  /** Takes back everything that the permit cost. */
  #takeBack: () => void;

  private constructor(text: string, takeBack: () => void) {
    this.text = text;
    this.#takeBack = takeBack;
  }

  // Security: deciding and charging are one synchronous step; an `await` in here would let a second call in between.
  /** Judges `call`, whose message is `text`, and charges its limits: a permit, or the decision that denies it. */
  static issue(policy: Policy, call: ApprovableCall & { readonly text: string }, ledger: Ledger): Issued {
    const { counters, nowMs } = ledger;
    const { decision, approval, giveBack } = decideWithApproval(
      policy,
      call,
      (charge) => counters.read(charge, nowMs),
      ledger,
    );
    const known = { decision, ...(approval !== undefined && { approval }) };
    if (isBlocked(decision)) return known;
    const receipts: readonly Receipt[] = counters.charge(decision.charges, nowMs);
    const takeBack = (): void => {
      counters.refund(receipts);
      giveBack?.();
    };
    return { ...known, permit: new Permit(call.text, takeBack) };
  }

  /** Gives back what was charged and the approval that was used, once; for a call that was never sent. */
  refund(): void {
    this.#takeBack();
    this.#takeBack = () => undefined;
  }
}
