/** Counts usage in this process: one Map of counts for each limit and window, dropped when the window ends. */

import {
  type Charge,
  ceilingOf,
  IN_FLIGHT_RETRY_MS,
  isInFlight,
  type Limit,
  type Usage,
  windowAt,
} from "../../policy/limit.ts";

/** The place of a charge, so that a refund finds the window that was charged. */
export interface Receipt {
  readonly counts: Map<string, number>;
  readonly key: string;
  readonly amount: number;
  /** Whether it counts until its call ends. */
  readonly isInFlight: boolean;
  /** Whether it is given back when the call fails. */
  readonly isRefundedOnError: boolean;
}

/** Keys of one limit in one window. Security: at the bound a new key is refused, and no existing count is dropped. */
const MAX_KEYS = 100_000;

export class MemoryCounters {
  readonly #byLimit = new Map<string, LimitCounts | InFlightCounts>();
  readonly #maxKeys: number;

  constructor(maxKeys = MAX_KEYS) {
    this.#maxKeys = maxKeys;
  }

  /** The count of the charge's counter at `nowMs`; `Infinity` when there is no room for its key. */
  read(charge: Charge, nowMs: number): Usage {
    return this.#of(charge.limit).read(charge, nowMs, this.#maxKeys);
  }

  /** Adds all charges. The caller has read every one of them in the same synchronous step. */
  charge(charges: readonly Charge[], nowMs: number): Receipt[] {
    return charges.map((charge) => this.#of(charge.limit).add(charge, nowMs));
  }

  /** Adds charges that are made whatever the usage is; returns the usage before each. */
  add(charges: readonly Charge[], nowMs: number): number[] {
    return charges.map((charge) => {
      const { used } = this.read(charge, nowMs);
      // Security: a new key where there is no room is refused before its call, so that only the keys of open calls come here.
      this.charge([charge], nowMs);
      return used;
    });
  }

  refund(receipts: readonly Receipt[]): void {
    for (const { counts, key, amount, isInFlight: ends } of receipts) {
      const left = Math.max(0, (counts.get(key) ?? 0) - amount);
      if (ends && left === 0) counts.delete(key);
      else counts.set(key, left);
    }
  }

  /** Keys held over all limits, and the fullest share of each limit that has any. */
  survey(limits: readonly Limit[], nowMs: number): LimitSurvey[] {
    return limits.map((limit) => ({ limit, ...this.#of(limit).survey(nowMs) }));
  }

  /** Removes the counts of limits that no policy has any more. */
  retain(limits: readonly Limit[]): void {
    const kept = new Set(limits.flatMap(({ id, opener }) => (opener === undefined ? [id] : [id, opener.id])));
    for (const [id, counts] of this.#byLimit) if (!kept.has(id) && !counts.isInUse) this.#byLimit.delete(id);
  }

  #of(limit: Limit): LimitCounts | InFlightCounts {
    const known = this.#byLimit.get(limit.id);
    if (known !== undefined) return known;
    const counts = isInFlight(limit) ? new InFlightCounts() : new LimitCounts(limit);
    this.#byLimit.set(limit.id, counts);
    return counts;
  }
}

export interface LimitSurvey {
  readonly limit: Limit;
  readonly keys: number;
  readonly fullest: number;
}

interface Slice {
  readonly startMs: number;
  readonly endMs: number;
  readonly counts: Map<string, number>;
}

/** Counts calls that have not ended. */
class InFlightCounts {
  readonly #counts = new Map<string, number>();

  /** A limit that a reload has removed and adds again finds the calls that are still in flight. */
  get isInUse(): boolean {
    return this.#counts.size > 0;
  }

  read({ key }: Charge, _nowMs: number, maxKeys: number): Usage {
    const used = this.#counts.get(key) ?? 0;
    const isFull = used === 0 && this.#counts.size >= maxKeys;
    return { used: isFull ? Infinity : used, retryAfterMs: IN_FLIGHT_RETRY_MS };
  }

  add({ key, amount }: Charge): Receipt {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + amount);
    return { counts: this.#counts, key, amount, isInFlight: true, isRefundedOnError: false };
  }

  survey(): { keys: number; fullest: number } {
    let fullest = 0;
    for (const count of this.#counts.values()) fullest = Math.max(fullest, count);
    return { keys: this.#counts.size, fullest };
  }
}

class LimitCounts {
  /** Counts of time end by themselves. */
  readonly isInUse = false;
  readonly #limit: Limit;
  /** Oldest first; an aligned limit has one, a sliding limit as many as its window has slices. */
  #slices: Slice[] = [];
  /** Invariant: time does not go back for a limit, so a clock that jumps back reopens no window. */
  #latestMs = 0;
  /** The slice around `#latestMs`. */
  #span: Span;

  constructor(limit: Limit) {
    this.#limit = limit;
    this.#span = spanAt(limit, 0);
  }

  read(charge: Charge, nowMs: number, maxKeys: number): Usage {
    this.#advance(nowMs);
    let used = 0;
    for (const slice of this.#slices) used += slice.counts.get(charge.key) ?? 0;
    const retryAfterMs = this.#retryAfterMs(charge, used);
    const newest = this.#slices.at(-1);
    const isFull = newest !== undefined && newest.counts.size >= maxKeys && !newest.counts.has(charge.key);
    return { used: isFull ? Infinity : used, retryAfterMs };
  }

  add(charge: Charge, nowMs: number): Receipt {
    this.#advance(nowMs);
    const { counts } = this.#current();
    counts.set(charge.key, (counts.get(charge.key) ?? 0) + charge.amount);
    const isRefundedOnError = charge.limit.isRefundedOnError === true;
    return { counts, key: charge.key, amount: charge.amount, isInFlight: false, isRefundedOnError };
  }

  survey(nowMs: number): { keys: number; fullest: number } {
    this.#advance(nowMs);
    const totals = new Map<string, number>();
    for (const { counts } of this.#slices) {
      for (const [key, count] of counts) totals.set(key, (totals.get(key) ?? 0) + count);
    }
    let fullest = 0;
    for (const total of totals.values()) fullest = Math.max(fullest, total);
    return { keys: totals.size, fullest };
  }

  #advance(nowMs: number): void {
    if (nowMs <= this.#latestMs) return;
    this.#latestMs = nowMs;
    // An aligned window stays the same until it ends.
    if (this.#limit.algorithm === "aligned" && nowMs < this.#span.endMs) return;
    this.#span = spanAt(this.#limit, nowMs);
    const { keepAfterMs } = this.#span;
    const oldest = this.#slices[0];
    if (oldest !== undefined && oldest.endMs <= keepAfterMs) {
      this.#slices = this.#slices.filter((slice) => slice.endMs > keepAfterMs);
    }
  }

  #current(): Slice {
    const { startMs, endMs } = this.#span;
    const newest = this.#slices.at(-1);
    if (newest !== undefined && newest.startMs === startMs) return newest;
    const slice = { startMs, endMs, counts: new Map<string, number>() };
    this.#slices.push(slice);
    return slice;
  }

  /** Until enough slices have left the window for the charge to fit. */
  #retryAfterMs(charge: Charge, used: number): number {
    const { lifeMs, endMs } = this.#span;
    let excess = used + charge.amount - ceilingOf(charge.limit);
    for (const slice of this.#slices) {
      excess -= slice.counts.get(charge.key) ?? 0;
      if (excess <= 0) return Math.max(0, slice.endMs + lifeMs - this.#latestMs);
    }
    return Math.max(0, endMs + lifeMs - this.#latestMs);
  }
}

/** The slice of a window around a moment, in milliseconds since the epoch. */
interface Span {
  readonly startMs: number;
  readonly endMs: number;
  /** How long counts are kept after the end of their slice. */
  readonly lifeMs: number;
  /** Slices that ended until then have left the window. */
  readonly keepAfterMs: number;
}

/** Slices of a sliding window: each keeps its counts until all of it has left the window, so `max` holds in any window. */
const SLICES = 60;

function spanAt(limit: Limit, nowMs: number): Span {
  const { startMs, endMs } = windowAt(limit.window, nowMs);
  if (limit.algorithm === "aligned") return { startMs, endMs, lifeMs: 0, keepAfterMs: startMs };
  const lifeMs = endMs - startMs;
  const lengthMs = Math.ceil(lifeMs / SLICES);
  const sliceStartMs = Math.floor(nowMs / lengthMs) * lengthMs;
  return { startMs: sliceStartMs, endMs: sliceStartMs + lengthMs, lifeMs, keepAfterMs: nowMs - lifeMs };
}
