/** Patterns of tool names: what they match, which is the most specific, and which names they leave undecided. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexNames } from "../../../src/policy/names/name-index.ts";
import { escapeName, parseNamePattern } from "../../../src/policy/names/pattern.ts";
import { undecidedName } from "../../../src/policy/names/undecided-name.ts";

/** The same rules as a regular expression, for comparison. */
function asRegExp(text: string): RegExp {
  const parts = text.match(/\\[*?]|[^]/gu) ?? [];
  const source = parts.map((part) => {
    if (part === "*") return ".*";
    return part === "?" ? "." : `\\u{${(part.replace(/^\\(?=.)/, "").codePointAt(0) ?? 0).toString(16)}}`;
  });
  return new RegExp(`^${source.join("")}$`, "su");
}

const SYMBOLS = fc.constantFrom("a", "b", "*", "?", "\\", "\u{1F600}", "_");
const text = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: SYMBOLS, maxLength });

describe("a pattern", () => {
  it.each<[string, string, boolean]>([
    ["write_*", "write_a", true],
    ["write_*", "write_", true],
    ["write_*", "rewrite_a", false],
    ["write_*", "WRITE_a", false],
    ["*", "", true],
    ["?", "", false],
    ["?", "\u{1F600}", true],
    ["a*a", "a", false],
    ["*ab*ab", "abxab", true],
    ["*ab*ab", "aab", false],
    ["a?c*", "abc", true],
    ["a?c*", "ac", false],
    [String.raw`a\*b`, "a*b", true],
    [String.raw`a\*b`, "axb", false],
    [String.raw`a\b`, String.raw`a\b`, true],
    [String.raw`\?*`, "?x", true],
    [String.raw`\?*`, "xx", false],
    ["a**b", "ab", true],
    ["*\n", "a\n", true],
  ])("%j matches %j: %s", (pattern, name, expected) => {
    expect(parseNamePattern(pattern).matches(name)).toBe(expected);
  });

  it("matches as the same regular expression does", () => {
    fc.assert(
      fc.property(text(8), text(10), (pattern, name) => {
        expect(parseNamePattern(pattern).matches(name)).toBe(asRegExp(pattern).test(name));
      }),
      { numRuns: 5_000 },
    );
  });

  it("stands for one name when that is escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "*", "?", "_") }), (name) => {
        expect(parseNamePattern(escapeName(name)).name).toBe(name);
      }),
    );
  });

  it("takes no longer on a name that is made to be slow", () => {
    const slow = parseNamePattern(`${"*a".repeat(50)}*b`);
    expect(slow.matches("a".repeat(20_000))).toBe(false);
  });
});

describe("an index of names", () => {
  it("finds the entry that a search through all of them finds", () => {
    const key = fc.oneof(text(5), fc.string({ unit: fc.constantFrom("a", "b", "_"), maxLength: 5 }));
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 12 }), text(6), (keys, name) => {
        const found = indexNames(new Map(keys.map((each) => [each, each])), (all) => all).find(name);
        const matching = keys.map(parseNamePattern).filter((pattern) => pattern.matches(name));
        const exact = matching.filter((pattern) => pattern.name === name);
        const most = Math.max(...matching.map(({ literalLength }) => literalLength));
        const best =
          exact.length > 0 ? exact : matching.filter(({ literalLength }) => literalLength === most);
        expect(found.map(({ entry }) => entry).toSorted()).toEqual(best.map((each) => each.text).toSorted());
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("names that an index has looked up", () => {
  it("are kept up to a bound, and found in the same way beyond it", () => {
    const { find } = indexNames(new Map([["a*", 1]]), (found) => found.length);
    const names = Array.from({ length: 10_001 }, (_, index) => `a${index}`);
    expect(new Set(names.map(find))).toEqual(new Set([1]));
    expect([find("a0"), find("a".repeat(500)), find("b")]).toEqual([1, 1, 0]);
  });
});

describe("a name that two patterns leave undecided", () => {
  it.each<[string, string, string[], string | undefined]>([
    ["read_*", "*_file", [], "read_file"],
    ["read_*", "*_file", ["read_file"], "read__file"],
    ["read_*", "*_file", ["read_file", "read_*_file"], undefined],
    ["a?", "?b", [], "ab"],
    ["a?", "?b", ["ab"], undefined],
    ["a*", "b*", [], undefined],
    ["**", "*", [], ""],
    ["?", "??", [], undefined],
    ["*abcdefghijklmnopqrstuvwxyz0123456789*", "*", [], "abcdefghijklmnopqrstuvwxyz0123456789"],
  ])("of %j and %j beside %j is %j", (one, other, others, expected) => {
    const found = undecidedName(parseNamePattern(one), parseNamePattern(other), others.map(parseNamePattern));
    expect(found).toBe(expected);
  });

  it("is not searched for without end", () => {
    const wide = ["*a*b*c*d*e*f", "*f*e*d*c*b*a"].map(parseNamePattern);
    const others = ["?????????????", "*aa*", "*bb*", "*ab*", "*ba*"].map(parseNamePattern);
    const [one = parseNamePattern(""), other = one] = wide;
    const name = undecidedName(one, other, others);
    expect(name === undefined || (one.matches(name) && other.matches(name))).toBe(true);
  });
});
