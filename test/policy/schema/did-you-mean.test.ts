/** Suggestions for misspelled names. */

import { describe, expect, it } from "vitest";
import { didYouMean, nearestName } from "../../../src/policy/schema/did-you-mean.ts";

describe("nearestName", () => {
  it.each([
    ["ExecutQuery", "ExecuteQuery"],
    ["execute_query", "ExecuteQuery"],
    ["ListMetrics", "ListMetrics"],
    ["zzz", undefined],
    ["", undefined],
  ])("%s is near %s", (name, expected) => {
    expect(nearestName(name, ["ListMetrics", "ExecuteRangeQuery", "ExecuteQuery"])).toBe(expected);
  });

  it.each([
    ["ab", ["ac"], "ac"],
    ["ab", ["cd"], undefined],
    ["a", ["b"], "b"],
    ["abcdef", ["abcdxy"], "abcdxy"],
    ["abcdef", ["abcxyz"], undefined],
    ["abcdef", ["abcdefgh"], "abcdefgh"],
    ["abcdef", ["abcdefghi"], undefined],
    ["abcdef", ["abcd"], "abcd"],
    ["abcdef", ["bcdef"], "bcdef"],
    ["abcdef", ["xabcdef"], "xabcdef"],
    ["abcdef", ["abcdeX", "abcdXf"], "abcdeX"],
    ["abcdef", ["abcdXY", "abcdeX"], "abcdeX"],
    ["agnet", ["agent"], "agent"],
    ["flie", ["file", "fly"], "file"],
    ["ba", ["ab"], "ab"],
    ["abcd", ["badc"], undefined],
    ["FOO-BAR", ["foo_bar"], "foo_bar"],
    ["foo__bar", ["fooBar"], "fooBar"],
  ])("of %s among %j is %s", (name, known, nearest) => {
    expect(nearestName(name, known)).toBe(nearest);
  });

  it("looks at 128 characters and no more", () => {
    const long = "a".repeat(128);
    expect(nearestName(`${long}${"b".repeat(200)}`, [long])).toBe(long);
  });

  it("asks in quotes, or not at all", () => {
    expect(didYouMean("limit", ["limits"])).toBe(', did you mean "limits"?');
    expect(didYouMean("limit", ["require"])).toBe("");
  });
});
