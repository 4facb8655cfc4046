import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SharedCounters } from "../../../src/enforcement/limits/redis-counters.ts";
import { LEASE_MS } from "../../../src/enforcement/limits/leases.ts";
import { SharedLimits } from "../../../src/enforcement/limits/shared-limits.ts";
import type { MemoryStore } from "../../../src/enforcement/store/memory-store.ts";
import { redisTaskOwners } from "../../../src/proxy/sessions/redis-task-owners.ts";
import {
  countInSharedMemory,
  dropLeases,
  openSharedMemory,
} from "../../../src/sidecar/workers/shared-memory.ts";
import { Freezes } from "../../../src/enforcement/freezes/freezes.ts";
import { SharedFreezes } from "../../../src/enforcement/freezes/redis-freezes.ts";
import { compareApprovals } from "../../fixtures/approval-steps.ts";
import { compareLimits } from "../../fixtures/limit-steps.ts";
import { callOnce, compilePolicy } from "../../fixtures/shared-limits.ts";

/** The system tests of Redis do the same 300 times. */
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 20);
const START_MS = Date.UTC(2026, 5, 1);

function worldOf() {
  const time = { nowMs: START_MS };
  const settings = {
    server: "test",
    limits: { prefix: "tollgate", onStoreError: "deny" as const, timeoutMs: 100 },
  };
  const store = openSharedMemory(settings, () => time.nowMs);
  return { time, settings, store };
}

function limitsOver(
  store: MemoryStore,
  clock: { wallMs: () => number; steadyMs: () => number },
  lease = "w",
) {
  let leases = 0;
  return new SharedLimits({
    store: new SharedCounters(store, { newLease: () => `${lease}:${(leases += 1)}` }),
    onStoreError: "deny",
    clock,
    onFailed: (fault) => expect(fault).toBeUndefined(),
    onFailedOpen: () => undefined,
  });
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("the store of workers", () => {
  it("decides and charges as counters of one process do, step by step", async () => {
    let nowMs = 0;
    const counted = await compareLimits({
      open: async (steadyMs) => {
        const { settings } = worldOf();
        const store = openSharedMemory(settings, () => nowMs);
        const limits = limitsOver(store, { wallMs: () => nowMs, steadyMs });
        return { limits, settled: turn, close: () => undefined };
      },
      setNow: async (now) => void (nowMs = now),
      runs: RUNS,
    });
    expect(Math.min(counted.denied, counted.refunded)).toBeGreaterThan(RUNS);
  });

  it("grants, refuses and expires approvals as the memory of one process does, step by step", async () => {
    let nowMs = 0;
    const counted = await compareApprovals({
      open: () => openSharedMemory(worldOf().settings, () => nowMs),
      setNow: async (now) => void (nowMs = now),
      runs: RUNS,
    });
    expect(Math.min(counted.granted, counted.full, counted.counted)).toBeGreaterThan(RUNS / 10);
  });

  it("ends the calls in flight of a worker that is gone, and of no other", async () => {
    const { time, store } = worldOf();
    const clock = { wallMs: () => time.nowMs, steadyMs: () => time.nowMs };
    const policy = compilePolicy({
      tools: { run: { limits: [{ counter: "open", window: "concurrent", max: 2 }] } },
    });
    const [one, other] = ["1-x", "2-y"].map((name) => ({ limits: limitsOver(store, clock, name) }));
    const call = (worker: typeof one): Promise<string> => callOnce(worker as never, policy);
    expect([await call(one), await call(other), await call(one)]).toEqual([
      "admitted",
      "admitted",
      "concurrency_exceeded",
    ]);
    dropLeases(store, "2-y");
    expect([await call(one), await call(one)]).toEqual(["admitted", "concurrency_exceeded"]);
    time.nowMs += LEASE_MS;
    expect(await call(other)).toBe("admitted");
  });

  it("reads how full each limit is from the counts of all workers", async () => {
    const { time, settings, store } = worldOf();
    const clock = { wallMs: () => time.nowMs, steadyMs: () => time.nowMs };
    const policy = compilePolicy({
      tools: { run: { limits: [{ counter: "runs", window: "minute", max: 4 }] } },
    });
    for (const name of ["1", "2", "3"])
      await callOnce({ limits: limitsOver(store, clock, name) } as never, policy);
    const counters = countInSharedMemory(settings as never, store, {
      clock,
      events: () => expect.unreachable(),
      newLease: randomUUID,
    });
    expect(counters.read(policy.limits).fullest).toEqual([expect.objectContaining({ used: 3, max: 4 })]);
    time.nowMs += 60_000;
    expect(counters.read(policy.limits).fullest).toEqual([expect.objectContaining({ used: 0 })]);
    counters.close();
  });

  it("keeps the first owner of a task", async () => {
    const owners = redisTaskOwners({
      store: worldOf().store,
      timeoutMs: 1,
      onFailed: () => expect.unreachable(),
    });
    expect(await owners.ask("t", "a")).toBe("foreign");
    expect(await owners.claim("t", "a")).toBe("own");
    expect([await owners.claim("t", "b"), await owners.ask("t", "b"), await owners.ask("t", "a")]).toEqual([
      "foreign",
      "foreign",
      "own",
    ]);
  });

  it("spreads a freeze, and lifts it at a worker that still knows it", async () => {
    const { store } = worldOf();
    const [one, other] = ["one", "other"].map(() => {
      const freezes = new Freezes();
      const shared = new SharedFreezes({
        store,
        freezes,
        initial: [],
        read: (value) => value as never,
        save: () => true,
        onRemoteChange: () => undefined,
        onFailed: () => expect.unreachable(),
      });
      return { freezes, shared };
    });
    await one?.shared.set({ tool: "run", by: "x", sinceMs: START_MS });
    await other?.shared.poll();
    expect(other?.freezes.byHand()).toEqual([{ tool: "run", by: "x", sinceMs: START_MS }]);
    expect(await one?.shared.lift({ tool: "run" })).toBe("lifted");
    await other?.shared.poll();
    expect([one?.freezes.byHand(), other?.freezes.byHand()]).toEqual([[], []]);
  });
});
