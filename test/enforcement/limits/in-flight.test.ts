/** Limits of calls in flight in memory: never more than `max` at once, and no place is lost. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chargeInMemory, type ChargedDecision } from "../../../src/enforcement/limits/charged-decision.ts";
import { MemoryCounters } from "../../../src/enforcement/limits/memory-counters.ts";
import { decide } from "../../../src/policy/decide.ts";
import { isBlocked } from "../../../src/policy/decision.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { callOf, policyOf } from "../../policy/policies.ts";

const MAX = 7;
const RUNS = 1_000;
const CALLS = 200;

function policyWith(scope: string): Policy {
  return policyOf({
    version: "1",
    default: "allow",
    all_tools: {
      limits: [
        { concurrent: MAX, scope },
        { counter: "n", window: "day", max: 10_000 },
      ],
    },
  });
}

function start(policy: Policy, counters: MemoryCounters, agent: string): ChargedDecision {
  const decision = decide(policy, callOf("run", { agent }), (charge) => counters.read(charge, 0));
  return chargeInMemory(counters, decision, 0);
}

describe("calls in flight in memory", () => {
  it(`are at most ${MAX} in ${RUNS} orders of ${CALLS} starts, ends and refunds`, () => {
    const step = fc.record({
      agent: fc.constantFrom("a", "b"),
      ends: fc.nat(12),
      how: fc.constantFrom("release", "refund", "both", "twice"),
    });
    fc.assert(
      fc.property(
        fc.constantFrom("server", "agent"),
        fc.array(step, { minLength: CALLS, maxLength: CALLS }),
        (scope, steps) => {
          const policy = policyWith(scope);
          const counters = new MemoryCounters();
          const open: { agent: string; charged: ChargedDecision }[] = [];
          const openOf = (agent: string): number =>
            scope === "server" ? open.length : open.filter((each) => each.agent === agent).length;
          for (const { agent, ends, how } of steps) {
            const before = openOf(agent);
            const charged = start(policy, counters, agent);
            expect(isBlocked(charged.decision)).toBe(before >= MAX);
            if (!isBlocked(charged.decision)) open.push({ agent, charged });
            const [ended] = open.splice(ends, 1);
            if (how !== "refund") ended?.charged.release();
            if (how === "twice") ended?.charged.release();
            if (how === "refund" || how === "both") ended?.charged.refund();
          }
          for (const { charged } of open) charged.release();
          expect(counters.survey(policy.limits, 0)[0]).toMatchObject({ keys: 0, fullest: 0 });
        },
      ),
      { numRuns: RUNS },
    );
  }, 120_000);

  it("are still counted after a reload that removes the limit for a while, and no key is kept", () => {
    const policy = policyWith("agent");
    const counters = new MemoryCounters();
    const charged = start(policy, counters, "a");
    counters.retain([]);
    expect(counters.survey(policy.limits, 0)[0]).toMatchObject({ keys: 1, fullest: 1 });
    charged.release();
    counters.retain([]);
    expect(counters.survey(policy.limits, 0)[0]).toMatchObject({ keys: 0 });
  });

  it("refuse a new key when there is no room for it, and let known keys pass", () => {
    const policy = policyWith("agent");
    const counters = new MemoryCounters(1);
    start(policy, counters, "a");
    expect(isBlocked(start(policy, counters, "a").decision)).toBe(false);
    const { denial } = start(
      policyOf({ version: "1", default: "allow", all_tools: { limits: [{ concurrent: MAX }] } }),
      counters,
      "b",
    ).decision;
    expect(denial?.reason).toBe("concurrency_exceeded");
  });

  it("give a refund of a call that has ended back in the window only", () => {
    const policy = policyWith("server");
    const counters = new MemoryCounters();
    const charged = start(policy, counters, "a");
    start(policy, counters, "a");
    charged.release();
    charged.refund();
    expect(counters.survey(policy.limits, 0).map(({ fullest }) => fullest)).toEqual([1, 1]);
  });
});
