/** Rates such as `30/hour`. */

import { describe, expect, it } from "vitest";
import { policyOf, problemsOf } from "../policies.ts";
import { words } from "../../fixtures/tables.ts";

function rateProblems(rate: unknown): string[] {
  return problemsOf({ version: "1", default: "deny", tools: { t: { rate_limit: rate } } });
}

describe("a rate", () => {
  it.each(["30/hour", "  30/hour", "30 / hour", "30/hour  ", "  007/minute "])("%j is one", (rate) => {
    expect(rateProblems(rate)).toEqual([]);
  });

  it.each([
    ...words(`x30/hour 30x/hour 30/hour! 30/ /hour 30 1234567890123456/hour`),
    "30/hour x",
    "",
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
