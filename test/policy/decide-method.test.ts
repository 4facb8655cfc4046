/** Decisions about methods other than tools/call. */

import { describe, expect, it } from "vitest";
import { decideMethod, restrictsMethod } from "../../src/policy/decide-method.ts";
import type { ReadUsage } from "../../src/policy/limit.ts";
import { policyOf, UNUSED } from "./policies.ts";

const deny = (tools: object, more: object = {}) =>
  policyOf({ version: "1", default: "deny", tools, ...more });
const CALLS = { counter: "c", window: "minute", max: 5 };
/** As an operator would turn to a method: with a limit of 1. */
const PING = { action: "allow", limits: [{ ...CALLS, max: 1 }] };

const FULL: ReadUsage = () => ({ used: 1, retryAfterMs: 1 });

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

describe("a notification of a method that no revision has", () => {
  it.each([
    ["no entry names it", {}, {}, false],
    ["no entry names it, under strict", {}, { strict: true }, true],
    ["no entry names it, under strict in shadow", {}, { strict: true, mode: "shadow" }, false],
    ["its entry allows it", { "made/up": { action: "allow" } }, {}, false],
    ["its entry denies it", { "made/up": { action: "deny" } }, {}, true],
    ["its entry denies it in shadow", { "made/up": { action: "deny", mode: "shadow" } }, {}, false],
    ["its entry has a limit", { "made/up": PING }, {}, true],
    ["the entry of `*` denies it", { "*": { action: "deny" } }, {}, true],
  ])("is restricted or not, when %s", (_when, methods, more, expected) => {
    const policy = policyOf({ version: "1", default: "allow", methods, ...more });
    expect(restrictsMethod(policy, "made/up")).toBe(expected);
  });
});
