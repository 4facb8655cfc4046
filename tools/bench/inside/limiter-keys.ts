/** Measures the bytes of one agent in one limit: the heap before and after 100,000 agents. Needs --expose-gc. */

import { MemoryCounters } from "../../../src/enforcement/limits/memory-counters.ts";
import type { Limit } from "../../../src/policy/limit.ts";
import { printFigures } from "./figures.ts";

const KEYS = 100_000;
const LIMIT: Limit = {
  id: "calls",
  counter: "calls",
  rule: "/tools/a/limits/calls",
  window: { unit: "fixed", lengthMs: 3_600_000, offsetMs: 0 },
  max: 1_000,
  scope: "agent",
  algorithm: "aligned",
  measures: "calls",
  mode: "enforce",
};

const nowMs = Date.now();
// Flat strings that nothing else references, as names from the network are.
const withNames = bytesPerKey((index) => Buffer.from(`batch-runner-${100_000 + index}`).toString("latin1"));
const names = Array.from({ length: KEYS }, (_, index) =>
  Buffer.from(`batch-runner-${100_000 + index}`).toString("latin1"),
);
const alone = bytesPerKey((index) => names[index] ?? "");
printFigures({ bytesWithName: withNames, bytes: alone });

function bytesPerKey(keyOf: (index: number) => string): number {
  const counters = new MemoryCounters();
  const before = heapBytes();
  for (let index = 0; index < KEYS; index += 1) {
    const charge = { limit: LIMIT, key: keyOf(index), amount: 1 };
    if (counters.read(charge, nowMs).used > 0) throw new Error("the key was there already");
    counters.charge([charge], nowMs);
  }
  const perKey = (heapBytes() - before) / KEYS;
  // Used after the measurement, so that it is reachable while the heap is measured.
  if (counters.survey([LIMIT], nowMs)[0]?.keys !== KEYS) throw new Error("keys were lost");
  return perKey;
}

function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error("start it with --expose-gc");
  for (let turn = 0; turn < 3; turn += 1) void globalThis.gc();
  return process.memoryUsage().heapUsed;
}
