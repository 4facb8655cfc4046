/** Suggestions for misspelled names. */

import fc from "fast-check";
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

/** The same distance, by its definition: no table, no rows. */
function distanceBetween(one: string, other: string): number {
  if (one === "" || other === "") return one.length + other.length;
  const [rest, otherRest] = [one.slice(1), other.slice(1)];
  const least = Math.min(
    distanceBetween(rest, otherRest) + (one[0] === other[0] ? 0 : 1),
    distanceBetween(rest, other) + 1,
    distanceBetween(one, otherRest) + 1,
  );
  const isSwap = one.length > 1 && one[0] === other[1] && one[1] === other[0];
  return isSwap ? Math.min(least, distanceBetween(one.slice(2), other.slice(2)) + 1) : least;
}

it("agrees with the definition of the distance on short names", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
  fc.assert(
    fc.property(text, text, (name, known) => {
      const isNear = distanceBetween(name, known) <= Math.max(1, Math.floor(name.length / 3));
      expect(nearestName(name, [known])).toBe(isNear ? known : undefined);
    }),
  );
});
