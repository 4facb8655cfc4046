/** The proof that a call was judged and charged. Nothing else opens the way upstream for a tools/call. */

import { type Call, type Decision, isBlocked } from "../policy/decision.ts";
import { decide } from "../policy/decide.ts";
import type { Policy } from "../policy/compile.ts";
import type { Counters, Receipt } from "./counters.ts";

export type Issued =
  | { readonly decision: Decision; readonly permit: Permit }
  | { readonly decision: Decision; readonly permit?: undefined };

export class Permit {
  /** The message as it was judged; what goes upstream is this and nothing else. */
  readonly text: string;
  readonly #counters: Counters;
  #receipts: readonly Receipt[];

  private constructor(text: string, counters: Counters, receipts: readonly Receipt[]) {
    this.text = text;
    this.#counters = counters;
    this.#receipts = receipts;
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
    return { decision, permit: new Permit(call.text, counters, counters.charge(decision.charges, nowMs)) };
  }

  /** Gives back what was charged, once; for a call that was never sent. */
  refund(): void {
    this.#counters.refund(this.#receipts);
    this.#receipts = [];
  }
}
