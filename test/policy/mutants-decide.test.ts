/** Decisions and denials to the last key, and charges to the last unit. */

import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/policy/policy.ts";
import { decide } from "../../src/policy/decide.ts";
import { decideMethod } from "../../src/policy/decide-method.ts";
import type { Decision } from "../../src/policy/decision.ts";
import { denied, frozenDenial, limitDenial } from "../../src/policy/denial.ts";
import { type ReadUsage, windowOf } from "../../src/policy/limit.ts";
import { callOf, policyOf, UNUSED } from "./policies.ts";

const deny = (tools: object, more: object = {}) =>
  policyOf({ version: "1", default: "deny", tools, ...more });
const CALLS = { counter: "c", window: "minute", max: 5 };
/** As an operator would turn to a method: with a limit of 1. */
const PING = { action: "allow", limits: [{ ...CALLS, max: 1 }] };

const FULL: ReadUsage = () => ({ used: 1, retryAfterMs: 1 });

function sharesOf({ charges }: Decision): readonly (readonly [string, number, number])[] {
  return charges.map(({ key, amount, limit }) => [key, amount, limit.max]);
}

function ruleOf(policy: Policy, tool: string): string | undefined {
  return decide(policy, { ...callOf(tool), isToolChanged: true }, UNUSED).denial?.rule;
}

describe("a decision", () => {
  it("has no key that says nothing", () => {
    expect(decide(deny({ a: { action: "deny" } }), callOf("a"), UNUSED)).toStrictEqual({
      denial: { effect: "deny", reason: "denied_by_rule", rule: "/tools/a/action", mode: "enforce" },
      charges: [],
      unevaluable: [],
    });
    expect(decide(deny({ a: { deny_if: [{ conditions: [] }] } }), callOf("a"), UNUSED).denial).toStrictEqual({
      effect: "deny",
      reason: "condition",
      rule: "/tools/a/deny_if/always",
      mode: "enforce",
    });
    expect(decide(deny({ a: {} }), callOf("a"), UNUSED)).toStrictEqual({ charges: [], unevaluable: [] });
    expect(decide(deny({ a: { limits: [CALLS] } }), callOf("a"), UNUSED)).not.toHaveProperty("denial");
  });

  it("without an amount names the limit and no message", () => {
    const policy = deny({ a: { limits: [{ ...CALLS, increment_from: "args.n" }] } });
    expect(decide(policy, callOf("a"), UNUSED).denial).toStrictEqual({
      effect: "deny",
      reason: "condition_unevaluable",
      rule: "/tools/a/limits/c-per-minute",
      mode: "enforce",
    });
  });

  it("names the pin of the tool, else that of the document", () => {
    const policy = policyOf({
      version: "1",
      default: "allow",
      pin: "deny",
      tools: { a: {}, b: { pin: "deny" } },
    });
    expect(["a", "b", "c"].map((tool) => ruleOf(policy, tool))).toEqual(["/pin", "/tools/b/pin", "/pin"]);
  });
});

describe("a denial of ours", () => {
  it("has a message when it is given one", () => {
    const frozen = { effect: "deny", reason: "frozen", rule: "(frozen)", mode: "enforce" };
    expect(frozenDenial()).toStrictEqual(frozen);
    expect(frozenDenial("wait")).toStrictEqual({ ...frozen, message: "wait" });
    expect(denied(frozenDenial())).toStrictEqual({ denial: frozen, charges: [], unevaluable: [] });
  });

  it("by a limit has a message when the limit has one", () => {
    const [limit] = deny({ a: { limits: [CALLS] } }).limits;
    if (limit === undefined) throw new Error("one limit expected");
    const full = limitDenial({ limit, key: "a", amount: 1 }, { used: 5, retryAfterMs: 7 });
    expect(full).toStrictEqual({
      effect: "deny",
      reason: "rate_limited",
      rule: "/tools/a/limits/c-per-minute",
      mode: "enforce",
      retryAfterMs: 7,
      limit: { counter: "c", used: 5, max: 5 },
    });
  });
});

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

describe("a method", () => {
  const request = { method: "ping", isKnownMethod: true, agent: "p" };

  it("that is denied is charged nothing, and has no key that says nothing", () => {
    const policy = deny({}, { methods: { ping: { ...PING, action: "deny" } } });
    expect(decideMethod(policy, request, UNUSED)).toStrictEqual({
      denial: { effect: "deny", reason: "denied_by_rule", rule: "/methods/ping/action", mode: "enforce" },
      charges: [],
      unevaluable: [],
    });
  });

  it("that is denied in shadow passes, and its limits are shadowed with it", () => {
    const methods = { ping: { ...PING, action: "deny", mode: "shadow" } };
    const decision = decideMethod(deny({}, { methods }), request, UNUSED);
    expect(decision.denial).toMatchObject({ reason: "denied_by_rule", mode: "shadow" });
    expect(decision.charges).toEqual([]);
  });

  it("is charged to its agent", () => {
    const policy = deny({}, { methods: { ping: PING } });
    expect(decideMethod(policy, request, UNUSED)).toMatchObject({
      charges: [{ key: "p", amount: 1 }],
      unevaluable: [],
    });
    expect(decideMethod(policy, request, FULL).denial?.reason).toBe("rate_limited");
  });

  it("has no arguments that an amount could be read from", () => {
    const limits = [{ ...CALLS, increment_from: "args.n" }];
    const policy = deny({}, { methods: { ping: { action: "allow", limits } } });
    expect(decideMethod(policy, request, UNUSED).unevaluable).toEqual([
      { rule: "/methods/ping/limits/c-per-minute", cause: "missing" },
    ]);
  });

  it("that nothing names passes, or is denied under strict when no revision knows it", () => {
    const unknown = { ...request, method: "pong", isKnownMethod: false };
    const passed = { charges: [], unevaluable: [] };
    expect(decideMethod(deny({}), unknown, UNUSED)).toStrictEqual(passed);
    expect(decideMethod(deny({}, { strict: true }), request, UNUSED)).toStrictEqual(passed);
    expect(decideMethod(deny({}, { strict: true }), unknown, UNUSED)).toStrictEqual({
      denial: { effect: "deny", reason: "denied_by_rule", rule: "(unknown method)", mode: "enforce" },
      ...passed,
    });
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
