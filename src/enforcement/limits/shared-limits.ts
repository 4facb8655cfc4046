/** Limits that sidecars share: the policy core names the limits, the store checks and charges, then the core decides. */

import { type Decision, isBlocked } from "../../policy/decision.ts";
import type { Charge, Limit, ReadUsage } from "../../policy/limit.ts";
import { chargeInMemory, type ChargedDecision, refundable, uncharged } from "./charged-decision.ts";
import type { Clock } from "../clock.ts";
import { MemoryCounters, type LimitSurvey } from "./memory-counters.ts";
import type { Admission, LimitStore, StoreReceipt } from "./limit-store.ts";
import { StoreError, type StoreFault } from "../store/store.ts";
import { UsageCache } from "./usage-cache.ts";

/** The decision about a call whose limits cannot be checked. */
export type OnStoreError = "deny" | "allow" | "local";

export interface SharedLimitsParts {
  readonly store: LimitStore;
  readonly onStoreError: OnStoreError;
  readonly clock: Clock;
  /** Called for each call that the store did not answer. */
  readonly onFailed: (fault: StoreFault) => void;
  /** Called for each such call that passes without a check of its limits. */
  readonly onFailedOpen: (fault: StoreFault) => void;
}

type Decide = (readUsage: ReadUsage) => Decision;

export class SharedLimits {
  readonly #parts: SharedLimitsParts;
  readonly #usages: UsageCache;
  /** With `local`: counts all calls that this process has admitted, so that the process alone never exceeds `max`. */
  readonly #localCounters: MemoryCounters | undefined;
  /** Charges of answers that the store did not take. */
  readonly #owed: Charge[] = [];
  /** How far the store's clock is ahead of this process's; local counters use the store's. */
  #aheadMs = 0;

  constructor(parts: SharedLimitsParts) {
    this.#parts = parts;
    this.#usages = new UsageCache(parts.store.counterKey);
    this.#localCounters = parts.onStoreError === "local" ? new MemoryCounters() : undefined;
  }

  /** Calls `decide` to collect the limits, and again with their usage. Synchronous when no store is needed. */
  decide(decide: Decide): ChargedDecision | Promise<ChargedDecision> {
    const checks: Charge[] = [];
    const unlimited = decide((charge) => {
      checks.push(charge);
      return UNUSED;
    });
    if (checks.length === 0) return uncharged(unlimited);
    return this.#repeatedDenial(decide, checks) ?? this.#decideWithStore(decide, checks, unlimited);
  }

  survey(limits: readonly Limit[]): LimitSurvey[] {
    return this.#usages.survey(limits, this.#parts.clock.steadyMs());
  }

  /** Removes the counts of limits that no policy has any more; keys of the store expire by themselves. */
  retain(limits: readonly Limit[]): void {
    this.#localCounters?.retain(limits);
  }

  /** A recent denial of the store, if it still applies. */
  #repeatedDenial(decide: Decide, checks: readonly Charge[]): ChargedDecision | undefined {
    const steadyMs = this.#parts.clock.steadyMs();
    const usages = checks.map((check) => this.#usages.refusedUsage(check, steadyMs));
    if (usages.includes(undefined)) return undefined;
    const decision = decide(inOrder(usages));
    return isBlocked(decision) ? uncharged(decision) : undefined;
  }

  async #decideWithStore(
    decide: Decide,
    checks: readonly Charge[],
    unlimited: Decision,
  ): Promise<ChargedDecision> {
    const { store, clock } = this.#parts;
    const askedMs = clock.steadyMs();
    let admission: Admission;
    try {
      admission = await store.admit({
        checks,
        charges: unlimited.charges,
        isCharging: !isBlocked(unlimited),
        nowMs: clock.wallMs() + this.#aheadMs,
      });
    } catch (error) {
      if (error instanceof StoreError) return this.#decideWithoutStore(decide, error.fault);
      throw error;
    }
    this.#aheadMs = admission.nowMs - clock.wallMs();
    this.#usages.record(checks, admission, askedMs);
    const decision = decide(inOrder(admission.usages));
    const charged = refundable(decision, admission.receipts, {
      undo: (receipts) => this.#refund(receipts),
      add: (charges) => this.#add(charges),
    });
    // Invariant: the script charges exactly the calls that the core allows; any other call is refunded and fails.
    if (isBlocked(decision) ? admission.receipts.length > 0 : !admission.isAdmitted) {
      charged.refund();
      throw new Error("the limit store and the policy disagree about a call");
    }
    return isBlocked(decision) ? uncharged(decision) : this.#chargeLocallyToo(decide, charged);
  }

  /** Charges the local counters too, which may include calls that the store does not know. */
  #chargeLocallyToo(decide: Decide, charged: ChargedDecision): ChargedDecision {
    if (this.#localCounters === undefined) return charged;
    const own = this.#decideLocally(decide, this.#localCounters);
    if (isBlocked(own.decision)) {
      charged.refund();
      return own;
    }
    const both = (undo: "refund" | "release") => (): void => {
      own[undo]();
      charged[undo]();
    };
    const answered: ChargedDecision["answered"] = (answer) => {
      own.answered(answer);
      return charged.answered(answer);
    };
    const { decision, countsAnswer } = charged;
    return { decision, refund: both("refund"), release: both("release"), answered, countsAnswer };
  }

  /** Makes charges of an answer in the store; those that it did not take are made with the next ones. */
  async #add(charges: readonly Charge[]): Promise<readonly number[] | undefined> {
    const due = [...charges, ...this.#owed.splice(0)];
    try {
      const { store, clock } = this.#parts;
      const checks = due.map((charge) => ({
        ...charge,
        limit: { ...charge.limit, max: Number.MAX_VALUE },
        amount: 0,
      }));
      const admission = await store.admit({
        checks,
        charges: due,
        isCharging: true,
        nowMs: clock.wallMs() + this.#aheadMs,
      });
      this.#usages.forget(due.map((charge) => store.counterKey(charge)));
      return admission.usages.map(({ used }) => used);
    } catch (error) {
      this.#parts.onFailed(error instanceof StoreError ? error.fault : "other");
      this.#owed.push(...due.slice(0, MAX_OWED - this.#owed.length));
      return undefined;
    }
  }

  #decideWithoutStore(decide: Decide, fault: StoreFault): ChargedDecision {
    const { onStoreError, onFailed, onFailedOpen } = this.#parts;
    onFailed(fault);
    if (this.#localCounters !== undefined) return this.#decideLocally(decide, this.#localCounters);
    if (onStoreError !== "allow") return uncharged(decide(unavailable));
    const decision = decide(() => UNUSED);
    if (!isBlocked(decision)) onFailedOpen(fault);
    return uncharged(decision);
  }

  #decideLocally(decide: Decide, own: MemoryCounters): ChargedDecision {
    const nowMs = this.#parts.clock.wallMs() + this.#aheadMs;
    const decision = decide((charge) => own.read(charge, nowMs));
    return chargeInMemory(own, decision, nowMs);
  }

  #refund(receipts: readonly StoreReceipt[]): void {
    if (receipts.length === 0) return;
    this.#usages.forget(receipts.map(({ key }) => key));
    void this.#parts.store.refund(receipts);
  }
}

/** Charges of answers that wait for the store. */
const MAX_OWED = 10_000;

const UNUSED = { used: 0, retryAfterMs: 0 };
/** Security: a missing usage denies, since NaN fits no limit. */
const UNKNOWN = { used: Number.NaN, retryAfterMs: 0 };

/** The core turns this error into `limiter_unavailable`, with the mode of each limit. */
const unavailable: ReadUsage = () => {
  throw new StoreError("other", "the limit store is not available");
};

/** Usages in the order of the limits, which is the same for each decision about a call. */
function inOrder(usages: readonly (ReturnType<ReadUsage> | undefined)[]): ReadUsage {
  let next = 0;
  return () => usages[next++] ?? UNKNOWN;
}
