/** Where this sidecar counts: in its own memory, or in a store that it shares with others. */

import { digestOf } from "../config/files/policy-file.ts";
import type { Settings } from "../config/settings/settings.ts";
import type { Clock } from "../enforcement/clock.ts";
import { Counters } from "../enforcement/limits/memory-counters.ts";
import { type LimitReadings, readLimits } from "../enforcement/limits/limit-usage.ts";
import type { StoreAddress } from "../enforcement/store/redis.ts";
import { SharedCounters } from "../enforcement/limits/redis-counters.ts";
import { SharedLimits, type SharedLimitsParts } from "../enforcement/limits/shared-limits.ts";
import type { SharedStore } from "../enforcement/store/shared-store.ts";
import type { Limit } from "../policy/limit.ts";
import type { Log } from "../telemetry/logging/log.ts";
import type { StateMetrics } from "../telemetry/metrics/state-metrics.ts";

export interface LimitCounters {
  readonly counters: Counters;
  /** Absent when counters live in memory. */
  readonly shared: SharedLimits | undefined;
  /** Where the counters are, and what else sidecars share. */
  readonly store: SharedStore | undefined;
  readonly read: (limits: readonly Limit[]) => LimitReadings;
  /** Forgets the limits that no policy has any more. */
  readonly retain: (limits: readonly Limit[]) => void;
  /** Resolves when the store has answered, or has failed for the first time: a sidecar starts without its store. */
  readonly start: () => Promise<void>;
  readonly close: () => void;
}

/** Told of once telemetry is there: its metrics read the counters, so they come first. */
export interface LimitEvents {
  readonly log: Log;
  readonly metrics: Pick<StateMetrics, "limitStoreFailed" | "failedOpen">;
}

export async function openLimitCounters(
  settings: Settings,
  clock: Clock,
  events: () => LimitEvents,
): Promise<LimitCounters> {
  const { store } = settings.limits;
  if (store !== undefined) return countInStore(settings, store, clock, events);
  const counters = new Counters();
  return {
    counters,
    shared: undefined,
    store: undefined,
    read: (limits) => readLimits(counters.survey(limits, clock.wallMs())),
    retain: (limits) => counters.retain(limits),
    start: () => Promise.resolve(),
    close: () => undefined,
  };
}

async function countInStore(
  { server, limits: { onStoreError, timeoutMs, prefix } }: Settings,
  address: StoreAddress,
  clock: Clock,
  events: () => LimitEvents,
): Promise<LimitCounters> {
  // The client weighs 29 MB, which a sidecar that counts in memory does without.
  const { RedisStore } = await import("../enforcement/store/redis.ts");
  const store = new RedisStore({
    address,
    scheme: { prefix, server, digest: digestOfCaller },
    timeoutMs,
    onChange: (isUp, cause) => reportStore(events().log, address, isUp, cause),
  });
  const onFailed: SharedLimitsParts["onFailed"] = (fault) => events().metrics.limitStoreFailed(fault);
  const onFailedOpen: SharedLimitsParts["onFailedOpen"] = (fault) => events().metrics.failedOpen(fault);
  const counted = new SharedCounters(store);
  const shared = new SharedLimits({ store: counted, onStoreError, clock, onFailed, onFailedOpen });
  return {
    counters: new Counters(),
    shared,
    store,
    read: (limits) => readLimits(shared.survey(limits)),
    retain: (limits) => shared.retain(limits),
    start: () => store.start(),
    close: () => store.close(),
  };
}

const DIGEST_LENGTH = 32;

/** Callers as the store knows them: the first 32 hex digits of the SHA-256. */
export function digestOfCaller(text: string): string {
  return digestOf(Buffer.from(text)).slice(0, DIGEST_LENGTH);
}

function reportStore(log: Log, { kind, nodes }: StoreAddress, isUp: boolean, cause: unknown): void {
  const store = { kind, nodes: nodes.map(({ host, port }) => `${host}:${port}`) };
  if (isUp) log.info({ store }, "the limit store answers");
  else log.warn({ store, err: cause }, "the limit store does not answer");
}
