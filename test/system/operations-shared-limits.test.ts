/** Shared limits behave as limits in memory do: the same calls at the same times get the same decisions. */

import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type ComparedLimits, compareLimits } from "../fixtures/limit-steps.ts";
import { openLimits } from "../fixtures/shared-limits.ts";
import { REDIS_NOW, useRedisClock } from "../fixtures/redis-clock.ts";
import { noteFigure } from "../operations/figure.ts";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 300);

const redis = useRedisClock();
let fakeNowMs = 0;

async function setNow(nowMs: number): Promise<void> {
  fakeNowMs = nowMs;
  await redis.setNow(nowMs);
}

/** Makes the script read the time from a key, which the test sets before each call. */
async function openWithFakeClock(steadyMs: () => number): Promise<ComparedLimits> {
  const clock = { wallMs: () => fakeNowMs, steadyMs };
  const options = { prefix: randomUUID(), clock, now: REDIS_NOW, timeoutMs: 10_000 };
  const { store, limits, settled } = await openLimits(redis.url(), options);
  return { limits, settled, close: () => store.close() };
}

describe("limits in a store", () => {
  it("decide and charge as limits in memory do, step by step", async () => {
    const { judgements, denied, refunded } = await compareLimits({
      open: openWithFakeClock,
      setNow,
      runs: RUNS,
    });
    const figure = `${judgements} calls, ${denied} denied, ${refunded} refunded`;
    noteFigure({ row: "memory and store agree", figure, isMet: Math.min(denied, refunded) > RUNS });
    expect(Math.min(denied, refunded)).toBeGreaterThan(RUNS);
  }, 300_000);
});
