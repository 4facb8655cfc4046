/** Rates and windows at their bounds, in the reader and in the schema for editors. */

import { describe, expect, it } from "vitest";
import { policySchema } from "../../../src/policy/document/document.ts";
import { LIMITS } from "../../../src/policy/document/rule-entry.ts";
import { evaluateRule, type Rule } from "../../../src/policy/rule.ts";
import { policyOf, problemsOf } from "../policies.ts";

function rateProblems(rate: unknown): string[] {
  return problemsOf({ version: "1", default: "deny", tools: { t: { rate_limit: rate } } });
}

function windowProblems(window: unknown): string[] {
  const limits = [{ counter: "c", window, max: 1 }];
  return problemsOf({ version: "1", default: "deny", tools: { t: { limits } } });
}

describe("a rate", () => {
  it.each(["30/hour", "  30/hour", "30 / hour", "30/hour  ", "  007/minute "])("%j is one", (rate) => {
    expect(rateProblems(rate)).toEqual([]);
  });

  it.each([
    "x30/hour",
    "30/hour x",
    "30x/hour",
    "30/hour!",
    "30/",
    "/hour",
    "30",
    "",
    "1234567890123456/hour",
    true,
    null,
    ["30/hour"],
  ])("%j is none", (rate) => {
    expect(rateProblems(rate)).toEqual([
      expect.stringMatching(
        /^tools\.t\.rate_limit: must be a rate such as "30\/hour" or { "max": 30, "window": 3600 }, got /,
      ),
    ]);
  });

  it("allows at least one call", () => {
    expect(rateProblems("0/hour")).toEqual(['tools.t.rate_limit: must allow at least 1 call, got "0/hour"']);
    expect(rateProblems("1/hour")).toEqual([]);
  });

  it("keeps its number without leading zeros", () => {
    const policy = policyOf({ version: "1", default: "deny", tools: { t: { rate_limit: "007/minute" } } });
    expect(policy.limits[0]).toMatchObject({ max: 7, counter: "calls" });
  });
});

describe("a window in seconds", () => {
  it.each([1, 31_622_400])("may be %s", (window) => {
    expect(windowProblems(window)).toEqual([]);
  });

  it.each([0, 0.5, 31_622_401])("may not be %s", (window) => {
    expect(windowProblems(window)).toEqual([
      `tools.t.limits[0].window: must be a whole number of seconds from 1 to 31622400, got ${window}`,
    ]);
  });
});

describe("the schema of limits", () => {
  it("has the bounds that the reader has", () => {
    expect(LIMITS.schema).toMatchObject({
      type: "array",
      items: {
        properties: {
          window: {
            anyOf: [
              { enum: ["second", "minute", "hour", "day", "week", "month"] },
              { type: "integer", minimum: 1, maximum: 31_622_400 },
            ],
          },
          max: { type: "number", minimum: 0 },
          increment: { type: "number", exclusiveMinimum: 0 },
          counter: { type: "string", minLength: 1 },
          shared: { type: "boolean" },
          algorithm: { enum: ["aligned", "sliding"] },
        },
        required: ["counter", "window", "max"],
      },
    });
    expect(JSON.stringify(policySchema())).toContain('"exclusiveMinimum":0');
  });
});

describe("a rule without conditions", () => {
  const rule: Rule = {
    kind: "deny_if",
    pointer: "/p",
    conditions: [],
    effect: "deny",
    mode: "enforce",
    isStrict: false,
  };

  it("objects without naming any", () => {
    expect(evaluateRule(rule, { args: new Map() }, [])).toStrictEqual({ reason: "condition" });
    expect(evaluateRule({ ...rule, kind: "require" }, { args: new Map() }, [])).toBeUndefined();
  });
});
