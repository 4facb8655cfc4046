/** Limits that several sidecars share: the pure core is asked twice, and the store checks and charges in between. */

import { type Decision, isBlocked } from "../../policy/decision.ts";
import type { Charge, Limit, ReadUsage } from "../../policy/limit.ts";
import type { ChargedDecision } from "./charged-decision.ts";
import type { Clock } from "../clock.ts";
import { Counters, type LimitSurvey } from "./memory-counters.ts";
import type { Admission, LimitStore, StoreReceipt } from "./limit-store.ts";
import { StoreError, type StoreFault } from "../store/store.ts";
import { UsageCache } from "./usage-cache.ts";

/** What happens to a call whose limits cannot be checked. */
export type OnStoreError = "deny" | "allow" | "local";

export interface SharedLimitsParts {
  readonly store: LimitStore;
  readonly onStoreError: OnStoreError;
  readonly clock: Clock;
  /** Hears of every call that the store gave no answer for. */
  readonly onFailed: (fault: StoreFault) => void;
  /** Hears of every such call that passed without its limits being checked. */
  readonly onFailedOpen: (fault: StoreFault) => void;
}

type Decide = (readUsage: ReadUsage) => Decision;

export class SharedLimits {
  readonly #parts: SharedLimitsParts;
  readonly #told: UsageCache;
  /** Under `local`: what this process alone has admitted, the store's admissions included, so that it never passes `max` by itself. */
  readonly #own: Counters | undefined;
  /** How far the store's clock is ahead of ours; own counters go by the store's. */
  #aheadMs = 0;

  constructor(parts: SharedLimitsParts) {
    this.#parts = parts;
    this.#told = new UsageCache(parts.store.keyOf);
    this.#own = parts.onStoreError === "local" ? new Counters() : undefined;
  }

  /** Asks `judge` what the limits are, and again with what the store says of them. At once when no store is needed. */
  judge(judge: Decide): ChargedDecision | Promise<ChargedDecision> {
    const checks: Charge[] = [];
    const sketch = judge((charge) => {
      checks.push(charge);
      return UNUSED;
    });
    if (checks.length === 0) return { decision: sketch, refund: nothing };
    return this.#repeated(judge, checks) ?? this.#askStore(judge, checks, sketch);
  }

  survey(limits: readonly Limit[]): LimitSurvey[] {
    return this.#told.survey(limits, this.#parts.clock.steadyMs());
  }

  /** Forgets the limits that no policy has any more; the store's keys end by themselves. */
  retain(limits: readonly Limit[]): void {
    this.#own?.retain(limits);
  }

  /** The denial that the store gave a moment ago, if it still stands. */
  #repeated(judge: Decide, checks: readonly Charge[]): ChargedDecision | undefined {
    const steadyMs = this.#parts.clock.steadyMs();
    const usages = checks.map((check) => this.#told.usageOf(check, steadyMs));
    if (usages.includes(undefined)) return undefined;
    const decision = judge(inOrder(usages));
    return isBlocked(decision) ? { decision, refund: nothing } : undefined;
  }

  async #askStore(judge: Decide, checks: readonly Charge[], sketch: Decision): Promise<ChargedDecision> {
    const { store, clock } = this.#parts;
    const askedMs = clock.steadyMs();
    let admission: Admission;
    try {
      admission = await store.admit({ checks, charges: sketch.charges, isCharging: !isBlocked(sketch) });
    } catch (error) {
      if (error instanceof StoreError) return this.#withoutStore(judge, error.fault);
      throw error;
    }
    this.#aheadMs = admission.nowMs - clock.wallMs();
    this.#told.note(checks, admission, askedMs);
    const decision = judge(inOrder(admission.usages));
    const giveBack = (): void => this.#giveBack(admission.receipts);
    // Invariant: what the script charged is what the core allows; anything else passes nothing and keeps nothing.
    if (isBlocked(decision) ? admission.receipts.length > 0 : !admission.isAdmitted) {
      giveBack();
      throw new Error("the limit store and the policy disagree about a call");
    }
    return isBlocked(decision) ? { decision, refund: nothing } : this.#mirror(judge, decision, giveBack);
  }

  /** Counts what the store admitted among this process's own, which may know of calls that the store missed. */
  #mirror(judge: Decide, decision: Decision, giveBack: () => void): ChargedDecision {
    if (this.#own === undefined) return { decision, refund: giveBack };
    const own = this.#chargeOwn(judge, this.#own);
    if (isBlocked(own.decision)) {
      giveBack();
      return own;
    }
    const refund = (): void => {
      own.refund();
      giveBack();
    };
    return { decision, refund };
  }

  #withoutStore(judge: Decide, fault: StoreFault): ChargedDecision {
    const { onStoreError, onFailed, onFailedOpen } = this.#parts;
    onFailed(fault);
    if (this.#own !== undefined) return this.#chargeOwn(judge, this.#own);
    if (onStoreError !== "allow") return { decision: judge(unavailable), refund: nothing };
    const decision = judge(() => UNUSED);
    if (!isBlocked(decision)) onFailedOpen(fault);
    return { decision, refund: nothing };
  }

  #chargeOwn(judge: Decide, own: Counters): ChargedDecision {
    const nowMs = this.#parts.clock.wallMs() + this.#aheadMs;
    const decision = judge((charge) => own.read(charge, nowMs));
    if (isBlocked(decision)) return { decision, refund: nothing };
    const receipts = own.charge(decision.charges, nowMs);
    return { decision, refund: () => own.refund(receipts) };
  }

  #giveBack(receipts: readonly StoreReceipt[]): void {
    if (receipts.length === 0) return;
    this.#told.forget(receipts.map(({ key }) => key));
    void this.#parts.store.refund(receipts);
  }
}

const UNUSED = { used: 0, retryAfterMs: 0 };
/** Does not fit: a usage that nobody gave. */
const UNKNOWN = { used: Number.NaN, retryAfterMs: 0 };

const nothing = (): void => undefined;

/** The core turns this into `limiter_unavailable`, with the mode of each limit. */
const unavailable: ReadUsage = () => {
  throw new StoreError("other", "the limit store is not available");
};

/** The core asks for the same limits in the same order each time. */
function inOrder(usages: readonly (ReturnType<ReadUsage> | undefined)[]): ReadUsage {
  let next = 0;
  return () => usages[next++] ?? UNKNOWN;
}
