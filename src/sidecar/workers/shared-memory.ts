/** The store of the workers of one sidecar: in the memory of the process that supervises them. */

import type { Settings } from "../../config/settings/settings.ts";
import {
  claimInMemory,
  listInMemory,
  releaseInMemory,
  settleInMemory,
} from "../../enforcement/approvals/memory-book.ts";
import { freezesInMemory } from "../../enforcement/freezes/memory-freezes.ts";
import { limitReadings } from "../../enforcement/limits/limit-usage.ts";
import {
  admitInMemory,
  LeaseEnds,
  refundInMemory,
  renewInMemory,
  WindowCounts,
} from "../../enforcement/limits/memory-admission.ts";
import type { LimitSurvey } from "../../enforcement/limits/memory-counters.ts";
import { type MemoryOperations, MemoryStore } from "../../enforcement/store/memory-store.ts";
import { storeKey } from "../../enforcement/store/store.ts";
import type { Limit } from "../../policy/limit.ts";
import { taskOwnerInMemory } from "../../proxy/sessions/memory-task-owners.ts";
import {
  countTogether,
  digestOfCaller,
  type LimitCounters,
  type ReachedStore,
  type TogetherOptions,
} from "../limit-counters.ts";

const OPERATIONS: MemoryOperations = {
  admit: admitInMemory,
  refund: refundInMemory,
  renew: renewInMemory,
  "approval-claim": claimInMemory,
  "approval-settle": settleInMemory,
  "approval-release": releaseInMemory,
  "approval-list": listInMemory,
  freezes: freezesInMemory,
  "task-owner": taskOwnerInMemory,
};

const SWEEP_MS = 30_000;

export function openSharedMemory(
  { server, limits: { prefix } }: Pick<Settings, "server" | "limits">,
  nowMs: () => number,
): MemoryStore {
  const scheme = { prefix, server, digest: digestOfCaller };
  return new MemoryStore({ scheme, operations: OPERATIONS, nowMs });
}

/** The counters of the process that has the store: it charges nothing, and reads how full every limit is. */
export function countInSharedMemory(
  settings: Settings,
  store: MemoryStore,
  options: TogetherOptions,
): LimitCounters {
  const sweeping = setInterval(() => store.values.sweep(), SWEEP_MS).unref();
  const reached: ReachedStore = {
    isVolatile: true,
    scheme: store.scheme,
    script: store.script.bind(store),
    run: store.run.bind(store),
    start: () => Promise.resolve(),
    close: () => clearInterval(sweeping),
  };
  return {
    ...countTogether(settings, reached, options),
    read: (limits) => limitReadings(surveyStore(store, limits, options.clock.wallMs())),
  };
}

/** Ends the calls in flight of a worker that is gone. */
export function dropLeases({ values }: MemoryStore, prefix: string): void {
  for (const [, leases] of values.all(LeaseEnds)) leases.dropOf(prefix);
}

function surveyStore(
  { values, scheme }: MemoryStore,
  limits: readonly Limit[],
  nowMs: number,
): LimitSurvey[] {
  const start = storeKey(scheme, "").length;
  const found = new Map<string, { keys: number; fullest: number }>();
  const add = (key: string, used: number): void => {
    if (used === 0) return;
    const limit = key.slice(start, key.lastIndexOf(":"));
    const { keys, fullest } = found.get(limit) ?? { keys: 0, fullest: 0 };
    found.set(limit, { keys: keys + 1, fullest: Math.max(fullest, used) });
  };
  for (const [key, counts] of values.all(WindowCounts)) add(key, counts.usedAt(nowMs));
  for (const [key, leases] of values.all(LeaseEnds)) {
    leases.dropEnded(nowMs);
    add(key, leases.ends.size);
  }
  return limits.map((limit) => ({ limit, ...(found.get(limit.id) ?? { keys: 0, fullest: 0 }) }));
}
