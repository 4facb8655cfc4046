/** Limits that several sidecars share: the pure core is asked twice, and the store checks and charges in between. */

import { type Decision, isBlocked } from "../../policy/decision.ts";
import type { Charge, Limit, ReadUsage } from "../../policy/limit.ts";
import type { ChargedDecision } from "./charged-decision.ts";
import type { Clock } from "../clock.ts";
import { MemoryCounters, type LimitSurvey } from "./memory-counters.ts";
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
  readonly #usages: UsageCache;
  /** Under `local`: what this process alone has admitted, the store's admissions included, so that it never passes `max` by itself. */
  readonly #localCounters: MemoryCounters | undefined;
  /** How far the store's clock is ahead of ours; own counters go by the store's. */
  #aheadMs = 0;

  constructor(parts: SharedLimitsParts) {
    this.#parts = parts;
    this.#usages = new UsageCache(parts.store.counterKey);
    this.#localCounters = parts.onStoreError === "local" ? new MemoryCounters() : undefined;
  }

  /** Asks `judge` what the limits are, and again with what the store says of them. At once when no store is needed. */
  decide(judge: Decide): ChargedDecision | Promise<ChargedDecision> {
    const checks: Charge[] = [];
    const sketch = judge((charge) => {
      checks.push(charge);
      return UNUSED;
    });
    if (checks.length === 0) return { decision: sketch, refund: nothing };
    return this.#repeatedDenial(judge, checks) ?? this.#decideWithStore(judge, checks, sketch);
  }

  survey(limits: readonly Limit[]): LimitSurvey[] {
    return this.#usages.survey(limits, this.#parts.clock.steadyMs());
  }

  /** Forgets the limits that no policy has any more; the store's keys end by themselves. */
  retain(limits: readonly Limit[]): void {
    this.#localCounters?.retain(limits);
  }

  /** The denial that the store gave a moment ago, if it still stands. */
  #repeatedDenial(judge: Decide, checks: readonly Charge[]): ChargedDecision | undefined {
    const steadyMs = this.#parts.clock.steadyMs();
    const usages = checks.map((check) => this.#usages.refusedUsage(check, steadyMs));
    if (usages.includes(undefined)) return undefined;
    const decision = judge(inOrder(usages));
    return isBlocked(decision) ? { decision, refund: nothing } : undefined;
  }

  async #decideWithStore(
    judge: Decide,
    checks: readonly Charge[],
    sketch: Decision,
  ): Promise<ChargedDecision> {
    const { store, clock } = this.#parts;
    const askedMs = clock.steadyMs();
    let admission: Admission;
    try {
      admission = await store.admit({ checks, charges: sketch.charges, isCharging: !isBlocked(sketch) });
    } catch (error) {
      if (error instanceof StoreError) return this.#decideWithoutStore(judge, error.fault);
      throw error;
    }
    this.#aheadMs = admission.nowMs - clock.wallMs();
    this.#usages.record(checks, admission, askedMs);
    const decision = judge(inOrder(admission.usages));
    const giveBack = (): void => this.#refund(admission.receipts);
    // Invariant: what the script charged is what the core allows; anything else passes nothing and keeps nothing.
    if (isBlocked(decision) ? admission.receipts.length > 0 : !admission.isAdmitted) {
      giveBack();
      throw new Error("the limit store and the policy disagree about a call");
    }
    return isBlocked(decision)
      ? { decision, refund: nothing }
      : this.#chargeLocallyToo(judge, decision, giveBack);
  }

  /** Counts what the store admitted among this process's own, which may know of calls that the store missed. */
  #chargeLocallyToo(judge: Decide, decision: Decision, giveBack: () => void): ChargedDecision {
    if (this.#localCounters === undefined) return { decision, refund: giveBack };
    const own = this.#decideLocally(judge, this.#localCounters);
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

  #decideWithoutStore(judge: Decide, fault: StoreFault): ChargedDecision {
    const { onStoreError, onFailed, onFailedOpen } = this.#parts;
    onFailed(fault);
    if (this.#localCounters !== undefined) return this.#decideLocally(judge, this.#localCounters);
    if (onStoreError !== "allow") return { decision: judge(unavailable), refund: nothing };
    const decision = judge(() => UNUSED);
    if (!isBlocked(decision)) onFailedOpen(fault);
    return { decision, refund: nothing };
  }

  #decideLocally(judge: Decide, own: MemoryCounters): ChargedDecision {
    const nowMs = this.#parts.clock.wallMs() + this.#aheadMs;
    const decision = judge((charge) => own.read(charge, nowMs));
    if (isBlocked(decision)) return { decision, refund: nothing };
    const receipts = own.charge(decision.charges, nowMs);
    return { decision, refund: () => own.refund(receipts) };
  }

  #refund(receipts: readonly StoreReceipt[]): void {
    if (receipts.length === 0) return;
    this.#usages.forget(receipts.map(({ key }) => key));
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
