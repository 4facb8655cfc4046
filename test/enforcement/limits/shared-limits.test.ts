import { callMessage } from "../../fixtures/messages.ts";
import { describe, expect, it } from "vitest";
import { MemoryCounters } from "../../../src/enforcement/limits/memory-counters.ts";
import { Permit } from "../../../src/enforcement/permit.ts";
import { type OnStoreError, SharedLimits } from "../../../src/enforcement/limits/shared-limits.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { JsonNumber } from "../../../src/json/json.ts";
import { NO_ARGUMENTS, noApprovals } from "../../fixtures/approvals.ts";
import { createMemoryStore, type MemoryStore } from "../../fixtures/memory-store.ts";
import { compilePolicy } from "../../fixtures/shared-limits.ts";

const MAX = 3;
const LIMITED = compilePolicy({ tools: { run: { limits: [{ counter: "runs", window: "day", max: MAX }] } } });
const WEIGHTED = compilePolicy({
  tools: { run: { limits: [{ counter: "sum", window: "day", max: 10, increment_from: "args.amount" }] } },
});

interface World {
  readonly limits: SharedLimits;
  readonly store: MemoryStore;
  readonly failed: string[];
  readonly failedOpen: string[];
  nowMs: number;
}

function worldOf(onStoreError: OnStoreError = "deny"): World {
  const time = { nowMs: Date.UTC(2026, 0, 1) };
  const store = createMemoryStore(() => time.nowMs);
  const failed: string[] = [];
  const failedOpen: string[] = [];
  const limits = new SharedLimits({
    store,
    onStoreError,
    clock: { wallMs: () => time.nowMs, steadyMs: () => time.nowMs },
    onFailed: (fault) => failed.push(fault),
    onFailedOpen: (fault) => failedOpen.push(fault),
  });
  return Object.assign(time, { limits, store, failed, failedOpen });
}

function issue(
  { limits }: World,
  policy: Policy = LIMITED,
  amount?: number,
): ReturnType<typeof Permit.issue> {
  const args = new Map(amount === undefined ? [] : [["amount", new JsonNumber(String(amount))]]);
  const category = { category: "execute", source: "policy", confidence: 1 } as const;
  const call = {
    tool: "run",
    category,
    args,
    agent: "bot",
    message: callMessage("run"),
    argsOnWire: NO_ARGUMENTS,
  };
  const ledger = { counters: new MemoryCounters(), shared: limits, approvals: noApprovals(), nowMs: 0 };
  return Permit.issue(policy, call, ledger);
}

async function reasonOf(issued: ReturnType<typeof issue>): Promise<string> {
  const { decision, permit } = await issued;
  return permit === undefined ? String(decision.denial?.reason) : "admitted";
}

async function use(world: World, times: number): Promise<void> {
  for (let call = 0; call < times; call += 1) expect(await reasonOf(issue(world))).toBe("admitted");
}

describe("SharedLimits", () => {
  it("asks no store, and waits for nothing, where no limit applies", async () => {
    const world = worldOf();
    expect(issue(world, compilePolicy({}))).not.toBeInstanceOf(Promise);
    expect(issue(world, compilePolicy({ hide: ["run"] }))).not.toBeInstanceOf(Promise);
    expect(world.store.requests).toBe(0);
  });

  it("answers that a limit is used up in the words of memory", async () => {
    const world = worldOf();
    await use(world, MAX);
    const { decision } = await issue(world);
    expect(decision).toEqual({
      denial: {
        effect: "deny",
        reason: "rate_limited",
        rule: "/tools/run/limits/runs-per-day",
        mode: "enforce",
        limit: { counter: "runs", used: MAX, max: MAX },
        retryAfterMs: 86_400_000,
      },
      charges: [],
      unevaluable: [],
    });
  });

  it("repeats a refusal for a second without asking, and counts the time down", async () => {
    const world = worldOf();
    await use(world, MAX);
    await issue(world);
    const { requests: asked } = world.store;
    world.nowMs += 400;
    const repeated = issue(world);
    expect(repeated).not.toBeInstanceOf(Promise);
    expect((await repeated).decision.denial?.retryAfterMs).toBe(86_400_000 - 400);
    expect(world.store.requests).toBe(asked);
    world.nowMs += 600;
    await issue(world);
    expect(world.store.requests).toBe(asked + 1);
  });

  it("asks again for less than what was refused", async () => {
    const world = worldOf();
    expect(await reasonOf(issue(world, WEIGHTED, 8))).toBe("admitted");
    expect(await reasonOf(issue(world, WEIGHTED, 3))).toBe("budget_exceeded");
    expect(issue(world, WEIGHTED, 4)).not.toBeInstanceOf(Promise);
    expect(await reasonOf(issue(world, WEIGHTED, 2))).toBe("admitted");
  });

  it("asks again for what fits sooner than what was refused", async () => {
    const limits = [
      { counter: "sum", window: "second", max: 10, increment_from: "args.amount", algorithm: "sliding" },
    ];
    const sliding = compilePolicy({ tools: { run: { limits } } });
    const world = worldOf();
    expect(await reasonOf(issue(world, sliding, 4))).toBe("admitted");
    world.nowMs += 500;
    expect(await reasonOf(issue(world, sliding, 6))).toBe("admitted");
    world.nowMs += 400;
    expect(await reasonOf(issue(world, sliding, 9))).toBe("budget_exceeded");
    world.nowMs += 140;
    expect(await reasonOf(issue(world, sliding, 3))).toBe("admitted");
  });

  it("lets a raised max count at once", async () => {
    const world = worldOf();
    await use(world, MAX);
    expect(await reasonOf(issue(world))).toBe("rate_limited");
    const raised = compilePolicy({
      tools: { run: { limits: [{ counter: "runs", window: "day", max: MAX + 1 }] } },
    });
    expect(await reasonOf(issue(world, raised))).toBe("admitted");
  });

  it("has room again after a refund, and gives back once", async () => {
    const world = worldOf();
    await use(world, MAX - 1);
    const { permit } = await issue(world);
    expect(await reasonOf(issue(world))).toBe("rate_limited");
    permit?.refund();
    permit?.refund();
    expect(world.store.refunded).toBe(1);
    await use(world, 1);
    expect(await reasonOf(issue(world))).toBe("rate_limited");
  });

  it("passes nothing and keeps nothing when the store admits what the policy does not", async () => {
    const world = worldOf();
    await use(world, MAX);
    world.store.isOvercharging = true;
    await expect(issue(world)).rejects.toThrow("disagree");
    expect(world.store.refunded).toBe(1);
  });

  it("denies without its store, as limiter_unavailable, and counts it", async () => {
    const world = worldOf();
    world.store.isUnavailable = true;
    expect(await reasonOf(issue(world))).toBe("limiter_unavailable");
    expect(world).toMatchObject({ failed: ["connection"], failedOpen: [] });
  });

  it("lets what needs no limit pass without its store", async () => {
    const world = worldOf();
    world.store.isUnavailable = true;
    expect(await reasonOf(issue(world, compilePolicy({})))).toBe("admitted");
    expect(world.failed).toEqual([]);
  });

  it("allows without its store where told to, and counts what passed unchecked", async () => {
    const world = worldOf("allow");
    world.store.isUnavailable = true;
    await use(world, MAX + 5);
    expect(await reasonOf(issue(world, WEIGHTED, 11))).toBe("budget_exceeded");
    expect(world.failed.length).toBe(MAX + 6);
    expect(world.failedOpen.length).toBe(MAX + 5);
  });

  it("counts by itself without its store where told to, what the store admitted before included", async () => {
    const world = worldOf("local");
    await use(world, 1);
    world.store.isUnavailable = true;
    await use(world, MAX - 1);
    expect(await reasonOf(issue(world))).toBe("rate_limited");
    world.store.isUnavailable = false;
    expect(await reasonOf(issue(world))).toBe("rate_limited");
    expect(world.store.refunded).toBe(1);
    world.nowMs += 86_400_000;
    await use(world, MAX);
  });

  it("shows how full the limits are that the store has reported", async () => {
    const world = worldOf();
    await use(world, 2);
    expect(world.limits.survey(LIMITED.limits)).toMatchObject([{ keys: 1, fullest: 2 }]);
    world.nowMs += 86_400_000;
    expect(world.limits.survey(LIMITED.limits)).toMatchObject([{ keys: 0, fullest: 0 }]);
  });
});
