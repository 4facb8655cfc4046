/** Caches the last usages that the store has reported, to repeat a denial without the store and to show how full limits are. */

import { type Charge, isInFlight, type Limit, type Usage, windowAt } from "../../policy/limit.ts";
import type { LimitSurvey } from "./memory-counters.ts";
import type { Admission, LimitStore } from "./limit-store.ts";

interface CachedUsage {
  readonly limit: string;
  /** After the call that it was reported for. */
  readonly used: number;
  /** End of the window, in steady ms. */
  readonly endsMs: number;
  readonly refusal?: Refusal;
}

/** The usage that denied a call. */
interface Refusal extends Usage {
  readonly amount: number;
  readonly askedMs: number;
}

/** Cached counters. An evicted counter is read from the store again. */
const MAX_CACHED = 100_000;
/** How long a denial is repeated without the store: another sidecar may refund a charge meanwhile. */
const REPEAT_MS = 1_000;

export class UsageCache {
  readonly #keyOf: LimitStore["counterKey"];
  readonly #usages = new Map<string, CachedUsage>();

  constructor(keyOf: LimitStore["counterKey"]) {
    this.#keyOf = keyOf;
  }

  /** Caches a reply to a request that was sent at `askedMs` (steady). */
  record(checks: readonly Charge[], admission: Admission, askedMs: number): void {
    const charged = new Map(admission.receipts.map(({ key, amount }) => [key, amount]));
    for (const [index, check] of checks.entries()) {
      const usage = admission.usages[index];
      if (usage === undefined) continue;
      const key = this.#keyOf(check);
      this.#keep(key, {
        limit: check.limit.id,
        used: usage.used + (charged.get(key) ?? 0),
        endsMs: askedMs + msUntilWindowEnds(check.limit, admission.nowMs),
        ...(!admission.isAdmitted && { refusal: { ...usage, amount: check.amount, askedMs } }),
      });
    }
  }

  /** The usage that denied an equal or smaller charge, while that still applies; else undefined. */
  refusedUsage(charge: Charge, steadyMs: number): Usage | undefined {
    // A call may end at any moment, at any sidecar.
    if (isInFlight(charge.limit)) return undefined;
    const refusal = this.#usages.get(this.#keyOf(charge))?.refusal;
    if (refusal === undefined || charge.amount < refusal.amount) return undefined;
    const agoMs = steadyMs - refusal.askedMs;
    if (agoMs >= Math.min(refusal.retryAfterMs, REPEAT_MS)) return undefined;
    return { used: refusal.used, retryAfterMs: refusal.retryAfterMs - agoMs };
  }

  /** Removes counters after a refund, which makes their usage unknown. */
  forget(keys: readonly string[]): void {
    for (const key of keys) this.#usages.delete(key);
  }

  /** Like `MemoryCounters.survey`, of the cached usages. */
  survey(limits: readonly Limit[], steadyMs: number): LimitSurvey[] {
    const byLimit = new Map<string, { keys: number; fullest: number }>();
    for (const [key, { limit, used, endsMs }] of this.#usages) {
      if (endsMs <= steadyMs) {
        this.#usages.delete(key);
        continue;
      }
      const { keys, fullest } = byLimit.get(limit) ?? { keys: 0, fullest: 0 };
      byLimit.set(limit, { keys: keys + 1, fullest: Math.max(fullest, used) });
    }
    return limits.map((limit) => ({ limit, ...(byLimit.get(limit.id) ?? { keys: 0, fullest: 0 }) }));
  }

  #keep(key: string, usage: CachedUsage): void {
    this.#usages.delete(key);
    const oldest = this.#usages.keys().next();
    if (this.#usages.size >= MAX_CACHED && oldest.done !== true) this.#usages.delete(oldest.value);
    this.#usages.set(key, usage);
  }
}

function msUntilWindowEnds({ window, algorithm }: Limit, nowMs: number): number {
  const { startMs, endMs } = windowAt(window, nowMs);
  return algorithm === "sliding" ? endMs - startMs : endMs - nowMs;
}
