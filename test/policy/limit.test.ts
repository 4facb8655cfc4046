/** Windows, and the promise that a limit admits at most its max. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../src/policy/decide.ts";
import { isBlocked } from "../../src/policy/decision.ts";
import { limitDenial } from "../../src/policy/denial.ts";
import { type Charge, type ReadUsage, WINDOW_NAMES, windowAt, windowOf } from "../../src/policy/limit.ts";
import { callOf, policyOf } from "./policies.ts";

function at(text: string): number {
  return Date.parse(text);
}

describe("windowAt", () => {
  it.each([
    ["second", "2026-03-04T05:06:07.890Z", "2026-03-04T05:06:07.000Z", "2026-03-04T05:06:08.000Z"],
    ["minute", "2026-03-04T05:06:07.890Z", "2026-03-04T05:06:00.000Z", "2026-03-04T05:07:00.000Z"],
    ["hour", "2026-03-04T05:06:07.890Z", "2026-03-04T05:00:00.000Z", "2026-03-04T06:00:00.000Z"],
    ["day", "2026-03-04T05:06:07.890Z", "2026-03-04T00:00:00.000Z", "2026-03-05T00:00:00.000Z"],
    ["week", "2026-03-04T05:06:07.890Z", "2026-03-02T00:00:00.000Z", "2026-03-09T00:00:00.000Z"],
    ["week", "2026-03-08T23:59:59.999Z", "2026-03-02T00:00:00.000Z", "2026-03-09T00:00:00.000Z"],
    ["month", "2026-02-28T23:59:59.999Z", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"],
    ["month", "2026-12-31T00:00:00.000Z", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
  ] as const)("%s of %s is %s to %s", (name, now, start, end) => {
    const { startMs, endMs } = windowAt(windowOf(name, "aligned"), at(now));
    expect([new Date(startMs).toISOString(), new Date(endMs).toISOString()]).toEqual([start, end]);
  });

  it("aligns seconds to the epoch", () => {
    expect(windowAt(windowOf(90, "aligned"), 100_000)).toEqual({ startMs: 90_000, endMs: 180_000 });
  });

  it("gives a sliding month the length of the longest one", () => {
    expect(windowOf("month", "sliding")).toEqual({ unit: "fixed", lengthMs: 31 * 86_400_000, offsetMs: 0 });
    expect(windowOf("day", "sliding")).toEqual(windowOf("day", "aligned"));
  });

  it("covers all of time without gap or overlap", () => {
    const names = fc.oneof(fc.constantFrom(...WINDOW_NAMES), fc.integer({ min: 1, max: 31_622_400 }));
    fc.assert(
      fc.property(names, fc.integer({ min: 0, max: 4e12 }), (name, now) => {
        const window = windowOf(name, "aligned");
        const { startMs, endMs } = windowAt(window, now);
        expect(startMs).toBeLessThanOrEqual(now);
        expect(endMs).toBeGreaterThan(now);
        expect(windowAt(window, endMs).startMs).toBe(endMs);
        expect(windowAt(window, startMs)).toEqual({ startMs, endMs });
      }),
    );
  });
});

function slot({ limit, key }: Charge, now: number): string {
  return JSON.stringify([limit.id, key, windowAt(limit.window, now)]);
}

/** Counts by limit, key and window, as simply as can be. */
function simpleCounter() {
  const counts = new Map<string, { used: number; max: number }>();
  return {
    read: (charge: Charge, now: number) => ({
      used: counts.get(slot(charge, now))?.used ?? 0,
      retryAfterMs: 1,
    }),
    charge: (charge: Charge, now: number) => {
      const used = (counts.get(slot(charge, now))?.used ?? 0) + charge.amount;
      counts.set(slot(charge, now), { used, max: charge.limit.max });
    },
    overfull: () => Array.from(counts.values()).filter(({ used, max }) => used > max),
  };
}

describe("a limit", () => {
  const limit = fc.record({
    counter: fc.constantFrom("x", "y"),
    window: fc.oneof(fc.constantFrom(...WINDOW_NAMES), fc.integer({ min: 1, max: 100 })),
    max: fc.integer({ min: 0, max: 5 }),
    scope: fc.constantFrom("grant", "session", "server"),
    mode: fc.constantFrom("enforce", "enforce", "shadow"),
  });
  const call = fc.record({
    tool: fc.constantFrom("a", "b"),
    agent: fc.constantFrom("p", "q"),
    now: fc.integer({ min: 0, max: 200_000 }),
    args: fc.constantFrom({}, { bad: 1 }),
  });
  const shadowed = { conditions: [{ path: "args.bad", op: "exists", value: true }], mode: "shadow" };

  it("never admits more than its max, whatever the order, the clock and what is shadowed", () => {
    const calls = fc.array(call, { maxLength: 80 });
    fc.assert(
      fc.property(
        fc.array(limit, { maxLength: 4 }),
        fc.array(limit, { maxLength: 2 }),
        calls,
        (own, all, made) => {
          const entry = { limits: own, deny_if: [shadowed] };
          const tools = { a: entry, b: entry };
          const policy = policyOf({ version: "1", default: "deny", all_tools: { limits: all }, tools });
          const counter = simpleCounter();
          const passed = simpleCounter();
          for (const { now, tool, ...rest } of made) {
            const decision = decide(policy, callOf(tool, rest), (charge) => counter.read(charge, now));
            if (isBlocked(decision)) {
              expect(decision.charges).toEqual([]);
              continue;
            }
            for (const charge of decision.charges) counter.charge(charge, now);
            // Counted apart from what the decision charges: a call that passes meets each of its enforced limits.
            const met = decide(policy, callOf(tool, { agent: rest.agent }), UNUSED_WITH_ROOM).charges;
            for (const charge of met) if (charge.limit.mode === "enforce") passed.charge(charge, now);
          }
          expect(passed.overfull()).toEqual([]);
        },
      ),
    );
  });
});

/** So much room that even a limit of 0 is met and charged. */
const UNUSED_WITH_ROOM: ReadUsage = () => ({ used: -1, retryAfterMs: 0 });

describe("a full limit", () => {
  const policy = policyOf({
    version: "1",
    default: "deny",
    tools: {
      a: {
        limits: [
          { counter: "calls", window: "minute", max: 1, on_deny: "slow" },
          { counter: "spend", window: "day", max: 10, increment: 11 },
        ],
      },
    },
  });
  const [calls, spend] = policy.limits;

  it("tells calls from amounts, and what will never fit from what will fit later", () => {
    if (calls === undefined || spend === undefined) throw new Error("two limits expected");
    const usage = { used: 1, retryAfterMs: 5_000 };
    expect(limitDenial({ limit: calls, key: "a", amount: 1 }, usage)).toEqual({
      effect: "deny",
      reason: "rate_limited",
      rule: "/tools/a/limits/calls-per-minute",
      mode: "enforce",
      message: "slow",
      retryAfterMs: 5_000,
      limit: { counter: "calls", used: 1, max: 1 },
    });
    expect(limitDenial({ limit: spend, key: "a", amount: 11 }, usage)).toEqual({
      effect: "deny",
      reason: "budget_exceeded",
      rule: "/tools/a/limits/spend-per-day",
      mode: "enforce",
      limit: { counter: "spend", used: 1, max: 10 },
    });
  });

  it("reports what will never fit before what will", () => {
    const decision = decide(policy, callOf("a"), () => ({ used: 1, retryAfterMs: 9_999 }));
    expect(decision.denial?.rule).toBe("/tools/a/limits/spend-per-day");
  });

  it("denies when the usage is no number", () => {
    const decision = decide(
      policyOf({
        version: "1",
        default: "allow",
        all_tools: { limits: [{ counter: "c", window: 60, max: 1 }] },
      }),
      callOf("a"),
      () => ({
        used: Number.NaN,
        retryAfterMs: 1,
      }),
    );
    expect(isBlocked(decision)).toBe(true);
  });
});

function idsOf(tools: unknown): string[] {
  return policyOf({ version: "1", default: "deny", tools }).limits.map(({ id }) => id);
}

describe("the id of a limit", () => {
  const limit = { counter: "c", window: "minute", max: 1 };

  it("survives changes of max, wording, order of tools and other rules", () => {
    const [id] = idsOf({ a: { limits: [limit] } });
    const changed = {
      a: {
        deny_if: [],
        reason: "x",
        limits: [{ ...limit, max: 9, on_deny: "y", mode: "shadow", description: "z" }],
      },
    };
    expect(idsOf({ b: { limits: [limit] }, ...changed })[1]).toBe(id);
  });

  it.each([
    ["tool", { b: { limits: [limit] } }],
    ["counter", { a: { limits: [{ ...limit, counter: "d" }] } }],
    ["window", { a: { limits: [{ ...limit, window: "hour" }] } }],
    ["scope", { a: { limits: [{ ...limit, scope: "server" }] } }],
    ["algorithm", { a: { limits: [{ ...limit, algorithm: "sliding" }] } }],
    ["place", { a: { limits: [limit, limit] } }],
  ])("differs with the %s", (_what, tools) => {
    expect(idsOf(tools).at(-1)).not.toBe(idsOf({ a: { limits: [limit] } })[0]);
  });

  it("is one for a shared counter", () => {
    const shared = { limits: [{ ...limit, shared: true }] };
    expect(new Set(idsOf({ a: shared, b: shared })).size).toBe(1);
  });
});

describe("windows", () => {
  it.each([
    ["second", 1_000, 0],
    ["minute", 60_000, 0],
    ["hour", 3_600_000, 0],
    ["day", 86_400_000, 0],
    ["week", 604_800_000, 345_600_000],
    [90, 90_000, 0],
  ] as const)("of %s are fixed", (name, lengthMs, offsetMs) => {
    expect(windowOf(name, "aligned")).toEqual({ unit: "fixed", lengthMs, offsetMs });
  });

  it("of a month are the calendar's", () => {
    expect(windowOf("month", "aligned")).toEqual({ unit: "month" });
  });
});
