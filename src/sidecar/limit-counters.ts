/** The limit counters of this sidecar: in its own memory, or in a store that it shares with other sidecars. */

import { randomUUID } from "node:crypto";
import { policyDigest } from "../config/files/policy-file.ts";
import type { Settings } from "../config/settings/settings.ts";
import type { Clock } from "../enforcement/clock.ts";
import { MemoryCounters } from "../enforcement/limits/memory-counters.ts";
import { type LimitReadings, limitReadings } from "../enforcement/limits/limit-usage.ts";
import type { StoreAddress } from "../enforcement/store/redis.ts";
import { SharedCounters } from "../enforcement/limits/redis-counters.ts";
import { SharedLimits } from "../enforcement/limits/shared-limits.ts";
import type { SharedStore } from "../enforcement/store/store.ts";
import type { Limit } from "../policy/limit.ts";
import type { Log } from "../telemetry/logging/log.ts";
import type { StateMetrics } from "../telemetry/metrics/state-metrics.ts";

export interface LimitCounters {
  readonly counters: MemoryCounters;
  /** Undefined when counters are in memory. */
  readonly shared: SharedLimits | undefined;
  /** The store of the counters, which also shares approvals and freezes; undefined when counters are in memory. */
  readonly store: SharedStore | undefined;
  readonly read: (limits: readonly Limit[]) => LimitReadings;
  /** Drops the counters of limits that no policy has any more. */
  readonly retain: (limits: readonly Limit[]) => void;
  /** Resolves after the first response or failure of the store: a sidecar starts without its store. */
  readonly start: () => Promise<void>;
  readonly close: () => void;
}

/** Where store failures are reported. */
export interface LimitEvents {
  readonly log: Log;
  readonly metrics: Pick<StateMetrics, "limitStoreFailed" | "failedOpen">;
}

export type OpenLimitCounters = typeof openLimitCounters;

/** Opens the counters. `events` is called only after telemetry has started: telemetry reads the counters, so they are opened first. */
export async function openLimitCounters(
  settings: Settings,
  clock: Clock,
  events: () => LimitEvents,
): Promise<LimitCounters> {
  const { store } = settings.limits;
  if (store !== undefined) return openSharedCounters(settings, store, clock, events);
  const counters = new MemoryCounters();
  return {
    counters,
    shared: undefined,
    store: undefined,
    read: (limits) => limitReadings(counters.survey(limits, clock.wallMs())),
    retain: (limits) => counters.retain(limits),
    start: () => Promise.resolve(),
    close: () => undefined,
  };
}

async function openSharedCounters(
  settings: Settings,
  address: StoreAddress,
  clock: Clock,
  events: () => LimitEvents,
): Promise<LimitCounters> {
  const { server, limits } = settings;
  const { timeoutMs, prefix } = limits;
  // Loaded only here: the client takes 29 MB of memory.
  const { RedisStore } = await import("../enforcement/store/redis.ts");
  const store = new RedisStore({
    address,
    scheme: { prefix, server, digest: digestOfCaller },
    timeoutMs,
    onChange: (isUp, cause) => logStoreState(events().log, address, isUp, cause),
  });
  return countTogether(settings, store, { clock, events, newLease: leaseNames(randomUUID()) });
}

/** A store that has to be reached. */
export interface ReachedStore extends SharedStore {
  /** Resolves when the first probe has succeeded or failed. */
  readonly start: () => Promise<void>;
  readonly close: () => void;
}

export interface TogetherOptions {
  readonly clock: Clock;
  readonly events: () => LimitEvents;
  /** Returns another name for each call, which no other process returns. */
  readonly newLease: () => string;
}

/** Counters in a store that several processes share. */
export function countTogether(
  { limits: { onStoreError } }: Pick<Settings, "limits">,
  store: ReachedStore,
  { clock, events, newLease }: TogetherOptions,
): LimitCounters {
  const shared = new SharedLimits({
    store: new SharedCounters(store, { newLease }),
    onStoreError,
    clock,
    onFailed: (fault) => events().metrics.limitStoreFailed(fault),
    onFailedOpen: (fault) => events().metrics.failedOpen(fault),
  });
  return {
    counters: new MemoryCounters(),
    shared,
    store,
    read: (limits) => limitReadings(shared.survey(limits)),
    retain: (limits) => shared.retain(limits),
    start: () => store.start(),
    close: () => store.close(),
  };
}

/** Names of leases: of this process, and numbered. */
export function leaseNames(process: string): () => string {
  let number = 0;
  return () => `${process}:${(number += 1)}`;
}

const DIGEST_LENGTH = 32;

/** Hides a caller's name or arguments from the store: the first 32 hex digits of its SHA-256. */
export function digestOfCaller(text: string): string {
  return policyDigest(Buffer.from(text)).slice(0, DIGEST_LENGTH);
}

function logStoreState(log: Log, { kind, nodes }: StoreAddress, isUp: boolean, cause: unknown): void {
  const store = { kind, nodes: nodes.map(({ host, port }) => `${host}:${port}`) };
  if (isUp) log.info({ store }, "the limit store is reachable");
  else log.warn({ store, err: cause }, "the limit store is not reachable");
}
