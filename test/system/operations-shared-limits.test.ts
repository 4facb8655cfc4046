/** Shared limits behave as limits in memory do: the same calls at the same times get the same decisions. */

import { callMessage } from "../fixtures/messages.ts";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Permit } from "../../src/enforcement/permit.ts";
import { MemoryCounters } from "../../src/enforcement/limits/memory-counters.ts";
import type { Outcome } from "../../src/mcp/vocabulary.ts";
import { JsonNumber } from "../../src/json/json.ts";
import { compilePolicy, openLimits, type OpenedLimits } from "../fixtures/shared-limits.ts";
import { REDIS_NOW, useRedisClock } from "../fixtures/redis-clock.ts";
import { NO_ARGUMENTS, noApprovals } from "../fixtures/approvals.ts";
import { noteFigure } from "../operations/figure.ts";

/** The ends of a month in UTC, and the nights in Europe when the clocks change. */
const STARTS_MS = [
  Date.UTC(2026, 1, 27, 23, 59, 30),
  Date.UTC(2026, 2, 28, 22, 30),
  Date.UTC(2026, 9, 24, 21, 30),
];
const [START_MS = 0] = STARTS_MS;
const COST = "result.structuredContent.cost";
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 300);

const redis = useRedisClock();
let fakeNowMs = START_MS;

async function setNow(nowMs: number): Promise<void> {
  fakeNowMs = nowMs;
  await redis.setNow(nowMs);
}

/** Makes the script read the time from a key, which the test sets before each call. */
async function openWithFakeClock(steadyMs: () => number): Promise<OpenedLimits> {
  const clock = { wallMs: () => fakeNowMs, steadyMs };
  return openLimits(redis.url(), {
    prefix: randomUUID(),
    clock,
    now: REDIS_NOW,
    timeoutMs: 10_000,
  });
}

function callOf(step: Step): Parameters<typeof Permit.issue>[1] {
  return {
    tool: "charge",
    category: { category: "financial", source: "heuristic", confidence: 1 },
    args: step.amount === undefined ? new Map() : new Map([["amount", new JsonNumber(String(step.amount))]]),
    agent: step.agent,
    message: callMessage("charge"),
    argsOnWire: NO_ARGUMENTS,
    ...(step.session !== undefined && { session: step.session }),
  };
}

interface Step {
  readonly afterMs: number;
  readonly agent: string;
  readonly session: string | undefined;
  readonly amount: number | undefined;
  readonly isRefunded: boolean;
  readonly outcome: Outcome;
  readonly bytes: number;
}

const limit = fc.record(
  {
    window: fc.constantFrom("second", "minute", "hour", "day", "week", "month", 7, 90),
    max: fc.integer({ min: 0, max: 6 }),
    scope: fc.constantFrom("grant", "session", "server"),
    algorithm: fc.constantFrom("aligned", "sliding"),
    mode: fc.constantFrom("enforce", "shadow"),
    shared: fc.boolean(),
    on_error: fc.constant("refund"),
    increment: fc.constantFrom(1, 0.1, 2.5),
  },
  { requiredKeys: ["window", "max"] },
);
const zoned = fc.record({
  window: fc.constantFrom("hour", "day", "week", "month"),
  max: fc.integer({ min: 1, max: 3 }),
  timezone: fc.constantFrom("Europe/Berlin", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata"),
});
const weighted = fc.record({
  window: fc.constantFrom("minute", "day"),
  max: fc.constantFrom(1, 5, 1e300),
  increment_from: fc.constant("args.amount"),
});
const ofAnswer = fc.record(
  {
    window: fc.constantFrom("minute", "day"),
    max: fc.constantFrom(1, 5, 40),
    increment_from: fc.constantFrom("result.bytes", "result.tokens_estimate", "result.isError", COST),
    algorithm: fc.constantFrom("aligned", "sliding"),
  },
  { requiredKeys: ["window", "max", "increment_from"] },
);
const limits = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: limit },
      { weight: 1, arbitrary: weighted },
      { weight: 2, arbitrary: zoned },
      { weight: 2, arbitrary: ofAnswer },
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((list) => list.map((each, index) => ({ counter: `c${index % 3}`, ...each })));
const pause = fc.record({
  failures: fc.constantFrom(1, 2),
  seconds: fc.constantFrom(7, 90),
  within: fc.constantFrom(7, 60),
});
const step = fc.record({
  afterMs: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
    // Where slices and windows begin and end.
    { weight: 4, arbitrary: fc.constantFrom(0, 1_000, 7_000, 59_000, 60_000, 61_000) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 50_000 }) },
    { weight: 2, arbitrary: fc.constantFrom(1_800_000, 3_600_000, 23 * 3_600_000, 25 * 3_600_000) },
    { weight: 1, arbitrary: fc.constant(20 * 86_400_000) },
  ),
  agent: fc.constantFrom("a", "b"),
  session: fc.constantFrom(undefined, "s", "t"),
  amount: fc.constantFrom(undefined, 0, 0.1, 0.1, 0.2, 0.7, 3, 7, 1e299, -1),
  isRefunded: fc.boolean(),
  outcome: fc.constantFrom("success", "success", "tool_error", "timeout"),
  bytes: fc.nat(30),
});

function endCalls(
  permits: readonly (Permit | undefined)[],
  { outcome, bytes, nowMs }: Step & { nowMs: number },
): void {
  const amounts = new Map([[COST, String(bytes)]]);
  for (const permit of permits) permit?.ended({ atMs: nowMs, outcome, bytes, amounts });
}

describe("limits in a store", () => {
  it("decide and charge as limits in memory do, step by step", async () => {
    const count = { judgements: 0, denied: 0, refunded: 0 };
    await fc.assert(
      fc.asyncProperty(
        limits,
        fc.record({ every: limits, cooldown: fc.option(pause, { nil: undefined }) }),
        fc.array(step, { minLength: 10, maxLength: 40 }),
        fc.record({ isWhole: fc.boolean(), mayRepeat: fc.boolean(), startMs: fc.constantFrom(...STARTS_MS) }),
        async (own, { every, cooldown }, steps, { isWhole, mayRepeat, startMs }) => {
          const policy = compilePolicy({
            tools: { charge: { limits: own, ...(cooldown && { cooldown }) } },
            all_tools: { limits: every },
          });
          const ledger = { counters: new MemoryCounters(), approvals: noApprovals() };
          let nowMs = startMs;
          // Otherwise each request comes long after the last, so that the store is asked and no earlier answer is repeated.
          let steadyMs = 0;
          const shared = await openWithFakeClock(() => (mayRepeat ? nowMs : (steadyMs += 10_000)));
          try {
            for (const each of steps) {
              // On whole seconds windows and slices meet their ends exactly.
              nowMs += isWhole ? Math.ceil(each.afterMs / 1_000) * 1_000 : each.afterMs;
              await setNow(nowMs);
              const expected = await Permit.issue(policy, callOf(each), { ...ledger, nowMs });
              const got = await Permit.issue(policy, callOf(each), {
                ...ledger,
                shared: shared.limits,
                nowMs,
              });
              count.judgements += 1;
              if (expected.permit === undefined) count.denied += 1;
              // A repeated answer is a moment old: it may name another of several full limits.
              if (!mayRepeat) expect(got.decision).toEqual(expected.decision);
              expect(got.permit === undefined).toBe(expected.permit === undefined);
              if (expected.permit === undefined) continue;
              if (!each.isRefunded) {
                endCalls([expected.permit, got.permit], { ...each, nowMs });
                // The store charges by turns, so that the next request finds the charges of this answer.
                await shared.settled();
                continue;
              }
              count.refunded += 1;
              expected.permit.refund();
              got.permit?.refund();
            }
          } finally {
            shared.store.close();
          }
        },
      ),
      { numRuns: RUNS },
    );
    const { judgements, denied, refunded } = count;
    const figure = `${judgements} calls, ${denied} denied, ${refunded} refunded`;
    noteFigure({ row: "memory and store agree", figure, isMet: Math.min(denied, refunded) > RUNS });
    expect(Math.min(denied, refunded)).toBeGreaterThan(RUNS);
  }, 300_000);
});
