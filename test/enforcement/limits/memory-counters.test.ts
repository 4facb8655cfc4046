import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryCounters } from "../../../src/enforcement/limits/memory-counters.ts";
import type { Charge, Limit } from "../../../src/policy/limit.ts";

const MINUTE: Limit = {
  id: "minute",
  counter: "calls",
  rule: "/all_tools/limits/calls-per-minute",
  window: { unit: "fixed", lengthMs: 60_000, offsetMs: 0 },
  max: 5,
  scope: "agent",
  algorithm: "aligned",
  measures: "calls",
  mode: "enforce",
};
const SLIDING: Limit = { ...MINUTE, id: "sliding", algorithm: "sliding" };

function chargeOf(limit: Limit, key = "a", amount = 1): Charge {
  return { limit, key, amount };
}

/** Charges if it fits, as a permit does; tells whether it was admitted. */
function admit(counters: MemoryCounters, charge: Charge, nowMs: number): boolean {
  if (counters.read(charge, nowMs).used + charge.amount > charge.limit.max) return false;
  counters.charge([charge], nowMs);
  return true;
}

describe("Counters", () => {
  it("counts within an aligned window and starts again from zero with the next", () => {
    const counters = new MemoryCounters();
    const charge = chargeOf(MINUTE);
    counters.charge([charge], 59_000);
    expect(counters.read(charge, 59_999)).toEqual({ used: 1, retryAfterMs: 1 });
    expect(counters.read(charge, 60_000).used).toBe(0);
  });

  it("keeps the keys of a limit apart", () => {
    const counters = new MemoryCounters();
    counters.charge([chargeOf(MINUTE, "a")], 0);
    expect(counters.read(chargeOf(MINUTE, "b"), 0).used).toBe(0);
  });

  it("refunds into the window that was charged and into no other", () => {
    const counters = new MemoryCounters();
    const charge = chargeOf(MINUTE);
    const receipts = counters.charge([charge], 59_000);
    counters.charge([charge], 61_000);
    counters.refund(receipts);
    expect(counters.read(charge, 61_000).used).toBe(1);
  });

  it("reopens no window when the clock goes back", () => {
    const counters = new MemoryCounters();
    const charge = chargeOf(MINUTE);
    counters.charge([charge], 120_000);
    expect(counters.read(charge, 60_000).used).toBe(1);
  });

  it("has no room for a new key at its bound, and keeps the old ones", () => {
    const counters = new MemoryCounters(1);
    counters.charge([chargeOf(MINUTE, "a")], 0);
    expect(counters.read(chargeOf(MINUTE, "b"), 0).used).toBe(Infinity);
    expect(counters.read(chargeOf(MINUTE, "a"), 0).used).toBe(1);
  });

  it("tells when a sliding window has room again", () => {
    const counters = new MemoryCounters();
    const charge = chargeOf({ ...SLIDING, max: 1 });
    counters.charge([charge], 500);
    const { used, retryAfterMs } = counters.read(charge, 10_000);
    expect(used).toBe(1);
    expect(counters.read(charge, 10_000 + retryAfterMs).used).toBe(0);
  });

  it("surveys keys and the fullest of them", () => {
    const counters = new MemoryCounters();
    counters.charge([chargeOf(MINUTE, "a"), chargeOf(MINUTE, "a"), chargeOf(MINUTE, "b")], 0);
    expect(counters.survey([MINUTE], 0)).toEqual([{ limit: MINUTE, keys: 2, fullest: 2 }]);
  });

  it("forgets limits that no policy has any more, and no others", () => {
    const counters = new MemoryCounters();
    counters.charge([chargeOf(MINUTE), chargeOf(SLIDING)], 0);
    counters.retain([MINUTE]);
    expect(counters.read(chargeOf(MINUTE), 0).used).toBe(1);
    expect(counters.read(chargeOf(SLIDING), 0).used).toBe(0);
  });

  it.each([MINUTE, SLIDING])(
    "never admits more than max in a window, whatever the clock does ($algorithm)",
    (limit) => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 400 }), (times) => {
          const counters = new MemoryCounters();
          // A clock that went back is still at its latest time: that is the window the call counts in.
          const latest = times.map((_, index) => Math.max(...times.slice(0, index + 1)));
          const admitted = latest.filter((_, index) => admit(counters, chargeOf(limit), times[index] ?? 0));
          for (const startMs of limit.algorithm === "aligned"
            ? [0, 60_000, 120_000, 180_000, 240_000]
            : admitted) {
            const within = admitted.filter((timeMs) => timeMs >= startMs && timeMs < startMs + 60_000);
            expect(within.length).toBeLessThanOrEqual(limit.max);
          }
        }),
      );
    },
  );

  it("keeps a sliding promise across the border of aligned windows", () => {
    const counters = new MemoryCounters();
    const admitted = Array.from({ length: 2_000 }, (_, step) => step * 100).filter((timeMs) =>
      admit(counters, chargeOf(SLIDING), timeMs),
    );
    const worst = Math.max(
      ...admitted.map((from) => admitted.filter((at) => at >= from && at < from + 60_000).length),
    );
    expect(worst).toBe(SLIDING.max);
  });
});
