/** The shortest name that two patterns leave undecided. */

import { expect, it } from "vitest";
import { parseNamePattern } from "../../../src/policy/names/pattern.ts";
import { undecidedName } from "../../../src/policy/names/undecided-name.ts";

it.each<[string, string, readonly string[], string | undefined]>([
  ["*", "?*", [], "x"],
  ["*", "?*", ["x"], "y"],
  ["?*", "*?", ["x", "y"], "z"],
  ["a?", "?b", [], "ab"],
  ["a?", "?b", ["ab"], undefined],
  ["a*", "*b", ["ab"], "aab"],
  ["a*", "*b", ["a*b"], undefined],
  ["a*", "b*", [], undefined],
  ["*a*", "*b*", ["ab*"], "ba"],
  ["??", "?*", ["x?"], "yx"],
  ["ab*", "a?*", ["abx*", "abb"], "ab"],
])("%s and %s beside %j", (one, other, others, expected) => {
  const found = undecidedName(parseNamePattern(one), parseNamePattern(other), others.map(parseNamePattern));
  expect(found).toBe(expected);
});
