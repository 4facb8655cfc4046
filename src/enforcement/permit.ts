/** The proof that a call was judged and charged. Nothing else opens the way upstream for a tools/call. */

import { type Call, type Decision, isBlocked } from "../policy/decision.ts";
import { decide } from "../policy/decide.ts";
import type { Policy } from "../policy/compile.ts";
import type { Counters } from "./counters.ts";
import type { Judged, SharedLimits } from "./shared-limits.ts";

export type Issued =
  | { readonly decision: Decision; readonly permit: Permit }
  | { readonly decision: Decision; readonly permit?: undefined };

export class Permit {
  /** The message as it was judged; what goes upstream is this and nothing else. */
  readonly text: string;
  #refund: (() => void) | undefined;

  private constructor(text: string, refund: () => void) {
    this.text = text;
    this.#refund = refund;
  }

  // Security: deciding and charging are one synchronous step; an `await` in here would let a second call in between.
  /** Judges `call`, whose message is `text`, and charges its limits: a permit, or the decision that denies it. */
  static issue(
    policy: Policy,
    call: Call & { readonly text: string },
    counters: Counters,
    nowMs: number,
  ): Issued {
    const decision = decide(policy, call, (charge) => counters.read(charge, nowMs));
    if (isBlocked(decision)) return { decision };
    const receipts = counters.charge(decision.charges, nowMs);
    return { decision, permit: new Permit(call.text, () => counters.refund(receipts)) };
  }

  /** The same with limits that other processes share: there the one step is the store's. A promise only where the store is asked. */
  static issueShared(
    policy: Policy,
    call: Call & { readonly text: string },
    limits: SharedLimits,
  ): Issued | Promise<Issued> {
    const judged = limits.judge((readUsage) => decide(policy, call, readUsage));
    const issue = ({ decision, refund }: Judged): Issued =>
      isBlocked(decision) ? { decision } : { decision, permit: new Permit(call.text, refund) };
    return judged instanceof Promise ? judged.then(issue) : issue(judged);
  }

  /** Gives back what was charged, once; for a call that was never sent. */
  refund(): void {
    this.#refund?.();
    this.#refund = undefined;
  }
}
