/** The operations of the counters for a store in memory: those of `redis-counters.lua.ts`, with the same replies. */

import { IN_FLIGHT_RETRY_MS } from "../../policy/limit.ts";
import type { MemoryOperation, MemoryValues } from "../store/memory-store.ts";

/** How long a key outlives its window, for a clock that is set back a little. */
const GRACE_MS = 60_000;

/** The counts of one key by the start of their slice, in ms since the epoch. */
export class WindowCounts {
  readonly counts = new Map<number, number>();
  /** The latest time that it was charged. */
  atMs = 0;
  sizeMs = 0;
  /** Length of a sliding window; 0 of an aligned one. */
  lifeMs = 0;

  usedAt(nowMs: number): number {
    let used = 0;
    for (const [start, count] of this.counts)
      if (start + this.sizeMs > nowMs - this.lifeMs && start <= nowMs) used += count;
    return used;
  }
}

/** The ends of the leases of one key, by the name of the lease. */
export class LeaseEnds {
  readonly ends = new Map<string, number>();

  dropEnded(nowMs: number): void {
    for (const [name, endMs] of this.ends) if (endMs <= nowMs) this.ends.delete(name);
  }

  /** Drops the leases of a process that is gone. */
  dropOf(prefix: string): void {
    for (const name of this.ends.keys()) if (name.startsWith(prefix)) this.ends.delete(name);
  }
}

interface Slice {
  readonly startMs: number;
  readonly stopMs: number;
  readonly lifeMs: number;
}

/** One key of a call as it stands before the call. */
type Counter =
  | { readonly kind: "leases"; readonly leases: LeaseEnds; readonly leaseMs: number }
  | { readonly kind: "window"; readonly atMs: number; readonly slice: Slice; readonly live: Live };

/** The counts that are within the window, by the start of their slice, in their order. */
type Live = readonly (readonly [startMs: number, count: number])[];

export const admitInMemory: MemoryOperation = (values, { keys, args }, nowMs) => {
  const words = args.values();
  const take = (): string => words.next().value ?? "";
  const number = (): number => Number(take());
  const [isCharging, checks, charges, lease] = [take() === "1", number(), number(), take()];
  const counters = keys.map((key) =>
    counterOf(values.find(key, WindowCounts), { values, key, nowMs }, [number(), number(), take()]),
  );
  const verdict = { isDenied: false, isShadowed: false };
  const usages: string[] = [];
  for (let check = 0; check < checks; check += 1) {
    const counter = counterAt(counters, number());
    const [amount, max, isEnforced] = [number(), number(), take() === "enforce"];
    const used = usedOf(counter);
    if (!(used + amount <= max)) verdict[isEnforced ? "isDenied" : "isShadowed"] = true;
    usages.push(String(used), String(retryAfterMs(counter, used + amount - max)));
  }
  const receipts: string[] = [];
  for (let charge = 0; charge < charges; charge += 1) {
    const index = number();
    const [amount, isEnforced] = [number(), take() === "enforce"];
    const isDue = isCharging && !verdict.isDenied && (isEnforced || !verdict.isShadowed);
    const key = keys[index - 1] ?? "";
    receipts.push(isDue ? chargeOne(values, key, counterAt(counters, index), { nowMs, amount, lease }) : "");
  }
  return [String(nowMs), verdict.isDenied ? "0" : "1", ...usages, ...receipts];
};

function counterAt(counters: readonly Counter[], index: number): Counter {
  const counter = counters[index - 1];
  if (counter === undefined) throw new RangeError("a check names a key that the call does not have");
  return counter;
}

function counterOf(
  known: WindowCounts | undefined,
  { values, key, nowMs }: { readonly values: MemoryValues; readonly key: string; readonly nowMs: number },
  [slices, lengthMs, offset]: readonly [number, number, string],
): Counter {
  if (slices === 0) {
    const leases = values.use(key, LeaseEnds);
    leases.dropEnded(nowMs);
    return { kind: "leases", leases, leaseMs: lengthMs };
  }
  const atMs = Math.max(nowMs, known?.atMs ?? 0);
  const slice = sliceAt({ slices, lengthMs, offset }, atMs);
  const sizeMs = slice.stopMs - slice.startMs;
  const isLive = (startMs: number): boolean =>
    slice.lifeMs > 0 ? startMs + sizeMs > atMs - slice.lifeMs : startMs === slice.startMs;
  const live = [...(known?.counts ?? [])].filter(([startMs]) => isLive(startMs));
  return { kind: "window", atMs, slice, live: live.toSorted(([one], [other]) => one - other) };
}

interface WindowForm {
  readonly slices: number;
  /** 0: a calendar month; -1: local windows, whose bounds are in `offset`. */
  readonly lengthMs: number;
  readonly offset: string;
}

function sliceAt({ slices, lengthMs, offset }: WindowForm, atMs: number): Slice {
  if (lengthMs < 0) return localSlice(offset.split(" ").map(Number), atMs);
  if (lengthMs === 0) {
    const at = new Date(atMs);
    const startMs = Date.UTC(at.getUTCFullYear(), at.getUTCMonth());
    return { startMs, stopMs: Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1), lifeMs: 0 };
  }
  if (slices === 1) {
    const shiftMs = Number(offset);
    const startMs = Math.floor((atMs - shiftMs) / lengthMs) * lengthMs + shiftMs;
    return { startMs, stopMs: startMs + lengthMs, lifeMs: 0 };
  }
  const sizeMs = Math.ceil(lengthMs / slices);
  const startMs = Math.floor(atMs / sizeMs) * sizeMs;
  return { startMs, stopMs: startMs + sizeMs, lifeMs: lengthMs };
}

function localSlice(bounds: readonly number[], atMs: number): Slice {
  const next = bounds.findIndex((bound) => bound > atMs);
  const [startMs, stopMs] = [bounds[next - 1], bounds[next]];
  if (startMs === undefined || stopMs === undefined)
    throw new RangeError("the clocks of the store and the sidecar differ by more than two windows");
  return { startMs, stopMs, lifeMs: 0 };
}

function usedOf(counter: Counter): number {
  if (counter.kind === "leases") return counter.leases.ends.size;
  return counter.live.reduce((sum, [, count]) => sum + count, 0);
}

function retryAfterMs(counter: Counter, excess: number): number {
  if (counter.kind === "leases") return IN_FLIGHT_RETRY_MS;
  const { atMs, slice, live } = counter;
  let left = excess;
  for (const [startMs, count] of live) {
    left -= count;
    if (left <= 0) return Math.max(0, startMs + slice.stopMs - slice.startMs + slice.lifeMs - atMs);
  }
  return Math.max(0, slice.stopMs + slice.lifeMs - atMs);
}

interface ChargeOfCall {
  readonly nowMs: number;
  readonly amount: number;
  readonly lease: string;
}

/** Returns the slice that was charged, or the lease. */
function chargeOne(
  values: MemoryValues,
  key: string,
  counter: Counter,
  { nowMs, amount, lease }: ChargeOfCall,
): string {
  if (counter.kind === "leases") {
    counter.leases.ends.set(lease, nowMs + counter.leaseMs);
    values.expire(key, counter.leaseMs + GRACE_MS);
    return lease;
  }
  const { atMs, live, slice } = counter;
  const kept = values.use(key, WindowCounts);
  const isLive = new Set(live.map(([startMs]) => startMs));
  for (const startMs of kept.counts.keys()) if (!isLive.has(startMs)) kept.counts.delete(startMs);
  const before = live.find(([startMs]) => startMs === slice.startMs)?.[1] ?? 0;
  kept.counts.set(slice.startMs, before + amount);
  kept.atMs = atMs;
  kept.sizeMs = slice.stopMs - slice.startMs;
  kept.lifeMs = slice.lifeMs;
  values.expire(key, slice.stopMs + slice.lifeMs - nowMs + GRACE_MS);
  return String(slice.startMs);
}

export const refundInMemory: MemoryOperation = (values, { keys, args }) => {
  for (const [index, key] of keys.entries()) {
    const [slice = "", amount = 0] = [args[2 * index], Number(args[2 * index + 1])];
    values.find(key, LeaseEnds)?.ends.delete(slice);
    const counts = values.find(key, WindowCounts)?.counts;
    const count = counts?.get(Number(slice));
    if (count !== undefined) counts?.set(Number(slice), Math.max(0, count - amount));
  }
  return keys.length;
};

export const renewInMemory: MemoryOperation = (values, { keys, args: [life = "0", ...leases] }, nowMs) => {
  for (const [index, key] of keys.entries()) {
    values.use(key, LeaseEnds).ends.set(leases[index] ?? "", nowMs + Number(life));
    values.expire(key, Number(life) + GRACE_MS);
  }
  return keys.length;
};
