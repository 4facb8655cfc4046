/** Denials without a rule, and of full limits. */

import { describe, expect, it } from "vitest";
import { isBlocked } from "../../src/policy/decision.ts";
import {
  approvalRejectedDenial,
  denied,
  frozenDenial,
  invalidMessageDenial,
  limitDenial,
  limiterUnavailableDenial,
  noPolicyDenial,
  unauthenticatedDenial,
} from "../../src/policy/denial.ts";
import { policyOf } from "./policies.ts";

describe("denials of the enforcement point", () => {
  it.each([
    [frozenDenial("held"), "frozen", "(frozen)", "held"],
    [unauthenticatedDenial(), "unauthenticated", "(unauthenticated)", undefined],
    [noPolicyDenial(), "no_policy", "(no policy)", undefined],
    [invalidMessageDenial(), "invalid_message", "(invalid)", undefined],
    [limiterUnavailableDenial(), "limiter_unavailable", "(limiter unavailable)", undefined],
  ])("%j", (denial, reason, rule, message) => {
    expect([denial.reason, denial.rule, denial.message]).toEqual([reason, rule, message]);
    expect(isBlocked(denied(denial))).toBe(true);
  });

  it("keep the rule of a rejected approval", () => {
    const asked = {
      effect: "ask",
      reason: "approval_required",
      rule: "/tools/a/action",
      mode: "enforce",
    } as const;
    expect(approvalRejectedDenial(asked)).toEqual({ ...asked, effect: "deny", reason: "approval_rejected" });
  });
});

describe("a denial without a rule", () => {
  it("has a message when it is given one", () => {
    const frozen = { effect: "deny", reason: "frozen", rule: "(frozen)", mode: "enforce" };
    expect(frozenDenial()).toStrictEqual(frozen);
    expect(frozenDenial("wait")).toStrictEqual({ ...frozen, message: "wait" });
    expect(denied(frozenDenial())).toStrictEqual({ denial: frozen, charges: [], unevaluable: [] });
  });

  it("by a limit has a message when the limit has one", () => {
    const [limit] = policyOf({
      version: "1",
      default: "deny",
      tools: { a: { limits: [{ counter: "c", window: "minute", max: 5 }] } },
    }).limits;
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
