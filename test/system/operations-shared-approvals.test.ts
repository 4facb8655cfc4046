/** Approvals in a store behave as approvals in memory do: the same steps at the same times get the same answers. */

import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { compareApprovals } from "../fixtures/approval-steps.ts";
import { openLimits } from "../fixtures/shared-limits.ts";
import { REDIS_NOW, useRedisClock } from "../fixtures/redis-clock.ts";
import { noteFigure } from "../operations/figure.ts";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 300);

const redis = useRedisClock();

it("grant, refuse, expire and give back as approvals in memory do, step by step", async () => {
  const { store } = await openLimits(redis.url(), { timeoutMs: 10_000 });
  const count = await compareApprovals({
    open: () => {
      const scheme = { ...store.scheme, prefix: randomUUID() };
      return { scheme, script: store.script.bind(store), run: store.run.bind(store) };
    },
    now: REDIS_NOW,
    setNow: redis.setNow,
    runs: RUNS,
  });
  store.close();
  const figure = `${count.steps} steps, ${count.granted} granted, ${count.full} without room, ${count.counted} first of two`;
  noteFigure({
    row: "approvals, memory and store agree",
    figure,
    isMet: Math.min(count.granted, count.full, count.counted) > RUNS / 10,
  });
  expect(Math.min(count.granted, count.full, count.counted)).toBeGreaterThan(RUNS / 10);
}, 300_000);
