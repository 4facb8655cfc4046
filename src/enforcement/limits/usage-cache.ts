/** What the store last told of its counters: enough to answer "already over" without asking again, and to show how full they are. */

import { type Charge, type Limit, type Usage, windowAt } from "../../policy/limit.ts";
import type { LimitSurvey } from "./memory-counters.ts";
import type { Admission, LimitStore } from "./limit-store.ts";

interface CachedUsage {
  readonly limit: string;
  /** After the call that it was told for. */
  readonly used: number;
  /** When the window is over for which this was said, in steady ms. */
  readonly endsMs: number;
  readonly refusal?: Refusal;
}

/** What stood against a call. */
interface Refusal extends Usage {
  readonly amount: number;
  readonly askedMs: number;
}

/** Counters remembered at once. What is forgotten is asked for again: nothing is decided by its absence. */
const MAX_CACHED = 100_000;
/** How long a refusal is repeated unasked: another sidecar may give a charge back meanwhile, and room must be found again. */
const REPEAT_MS = 1_000;

export class UsageCache {
  readonly #keyOf: LimitStore["counterKey"];
  readonly #usages = new Map<string, CachedUsage>();

  constructor(keyOf: LimitStore["counterKey"]) {
    this.#keyOf = keyOf;
  }

  /** Keeps an answer to a question that was asked at `askedMs` (steady). */
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

  /** What a refusal said of the charge's counter, while that still holds for as large a charge; else undefined. */
  refusedUsage(charge: Charge, steadyMs: number): Usage | undefined {
    const refusal = this.#usages.get(this.#keyOf(charge))?.refusal;
    if (refusal === undefined || charge.amount < refusal.amount) return undefined;
    const agoMs = steadyMs - refusal.askedMs;
    if (agoMs >= Math.min(refusal.retryAfterMs, REPEAT_MS)) return undefined;
    return { used: refusal.used, retryAfterMs: refusal.retryAfterMs - agoMs };
  }

  /** After a refund nothing is known of its counters. */
  forget(keys: readonly string[]): void {
    for (const key of keys) this.#usages.delete(key);
  }

  /** As `Counters.survey`, of what this sidecar was told. */
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

  #keep(key: string, told: CachedUsage): void {
    this.#usages.delete(key);
    const oldest = this.#usages.keys().next();
    if (this.#usages.size >= MAX_CACHED && oldest.done !== true) this.#usages.delete(oldest.value);
    this.#usages.set(key, told);
  }
}

function msUntilWindowEnds({ window, algorithm }: Limit, nowMs: number): number {
  const { startMs, endMs } = windowAt(window, nowMs);
  return algorithm === "sliding" ? endMs - startMs : endMs - nowMs;
}
