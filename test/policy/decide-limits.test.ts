/** Charges of a call. */

import { describe, expect, it } from "vitest";
import { decide } from "../../src/policy/decide.ts";
import type { Decision } from "../../src/policy/decision.ts";
import { callOf, policyOf, UNUSED } from "./policies.ts";

const deny = (tools: object, more: object = {}) =>
  policyOf({ version: "1", default: "deny", tools, ...more });
const CALLS = { counter: "c", window: "minute", max: 5 };

function sharesOf({ charges }: Decision): readonly (readonly [string, number, number])[] {
  return charges.map(({ key, amount, limit }) => [key, amount, limit.max]);
}

describe("a charge", () => {
  const shared = { counter: "c", window: "minute", shared: true };

  it.each([
    [{ max: 3, increment: 1 }, { max: 9, increment: 2 }, [["agent a", 2, 3]]],
    [{ max: 9, increment: 1 }, { max: 3, increment: 2 }, [["agent a", 2, 3]]],
    [{ max: 3, increment: 2 }, { max: 9, increment: 1 }, [["agent a", 2, 3]]],
    [{ max: 9, increment: 2 }, { max: 3, increment: 1 }, [["agent a", 2, 3]]],
  ])("of one counter by two limits is the larger against the smaller: %j and %j", (own, every, shares) => {
    const policy = deny(
      { a: { limits: [{ ...shared, ...own, scope: "session" }] } },
      { all_tools: { limits: [{ ...shared, ...every, scope: "session" }] } },
    );
    expect(sharesOf(decide(policy, callOf("a"), UNUSED))).toEqual(shares);
  });

  it("falls on the agent, the session or the whole server", () => {
    const policy = deny({
      a: {
        limits: [
          { ...CALLS, counter: "x" },
          { ...CALLS, counter: "y", scope: "session" },
          { ...CALLS, counter: "z", scope: "server" },
        ],
      },
    });
    const keysOf = (call: Parameters<typeof decide>[1]) =>
      decide(policy, call, UNUSED).charges.map(({ key }) => key);
    expect(keysOf(callOf("a", { agent: "p" }))).toEqual(["p", "agent p", ""]);
    expect(keysOf({ ...callOf("a", { agent: "p" }), session: "s" })).toEqual(["p", "session s", ""]);
  });

  it("falls on the user, or on the user of the agent, and without a user on the agent", () => {
    const limits = [
      { ...CALLS, counter: "u", scope: "user" },
      { ...CALLS, counter: "v", scope: "agent+user" },
    ];
    const keysOf = (caller: object) =>
      decide(deny({ a: { limits } }), { ...callOf("a", { agent: "p" }), ...caller }, UNUSED).charges.map(
        ({ key }) => key,
      );
    expect(keysOf({ user: "ann" })).toEqual(["user ann", "agent p\nuser ann"]);
    expect(keysOf({})).toEqual(["agent p", "agent p"]);
    expect(keysOf({ agent: "anonymous" })).toEqual(["agent anonymous", "agent anonymous"]);
  });

  it("of two limits with one max carries the later one", () => {
    const policy = deny(
      { a: { limits: [{ ...shared, max: 3 }] } },
      { all_tools: { limits: [{ ...shared, max: 3 }] } },
    );
    expect(decide(policy, callOf("a"), UNUSED).charges.map(({ limit }) => limit.rule)).toEqual([
      "/all_tools/limits/c-per-minute",
    ]);
  });
});
