/** A few events of one kind in each minute. */

import { expect, it } from "vitest";
import { createLogSampler } from "../../../src/telemetry/logging/log-sampling.ts";

it("admits a few events of one kind in a minute, and later returns the number of suppressed ones", () => {
  let nowMs = 0;
  const limit = createLogSampler(2, () => nowMs);
  expect([1, 2, 3, 4].map(() => limit.admit("a"))).toEqual([0, 0, undefined, undefined]);
  nowMs = 60_000;
  expect([limit.admit("a"), limit.admit("a"), limit.admit("a")]).toEqual([2, 0, undefined]);
});

it("counts each kind separately", () => {
  const limit = createLogSampler(1, () => 0);
  expect([limit.admit("a"), limit.admit("b"), limit.admit("a")]).toEqual([0, 0, undefined]);
});
