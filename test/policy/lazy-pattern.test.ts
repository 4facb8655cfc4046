/** Patterns that wait for their first use: every one of them is one that the engine takes. */

import * as fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { isSurelySound } from "../../src/policy/lazy-pattern.ts";

/** What patterns are made of, the parts that engines stumble over among them. */
const PARTS = [
  ..."aZ07_ /:@,=~%&#;<>!\"'-.\\^$|*+?()[]{}",
  "a-z",
  "A-Z",
  "0-9",
  "z-a",
  "[a-z]",
  "[^/]",
  "[a-z-]",
  "[b-]",
  "[.-]",
  String.raw`[\d.]`,
  "(?i)",
  "(?:",
  "(?=",
  "(?P<a>",
  "(a|b)",
  "((a)+|b)*",
  "()",
  "(|a)",
  "{2}",
  "{3,1}",
  "**",
  "[[:alpha:]]",
  String.raw`\b`,
  String.raw`\d`,
  String.raw`\.`,
  String.raw`\-`,
  String.raw`\1`,
  String.raw`\_`,
];

const text = fc.array(fc.constantFrom(...PARTS), { maxLength: 5 }).map((parts) => parts.join(""));
const pattern = fc
  .tuple(
    fc.constantFrom("", "(?i)^", "a|"),
    text,
    fc.constantFrom("-", "(-)", "(b|-)*", "((?:-)+|c)?", "[-]", "[^-]"),
    text,
  )
  .map(([before, inside, around, after]) => `${before}${around.replace("-", () => inside)}${after}`)
  .filter(isSurelySound);

describe("a surely sound pattern", () => {
  it("is one that the engine takes", () => {
    fc.assert(
      fc.property(pattern, fc.string(), (sure, subject) => {
        expect(() => RE2JS.compile(sure).test(subject)).not.toThrow();
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    "^[a-z]+$",
    "(^|/)[.][.](/|$)",
    String.raw`(?i)^\s*(refs/heads/)?(main|master|release([/._-].*)?)\s*$`,
    String.raw`(?i)\bdrop\s+table\b`,
    "^s3://bucket-7/",
  ])("is %s", (text) => {
    expect(isSurelySound(text)).toBe(true);
  });

  it.each([
    "a**",
    "(a",
    "a)",
    "[z-a]",
    "[a",
    "a{2,1}",
    "(?=a)",
    String.raw`(a)\1`,
    "*",
    "(?i",
    String.raw`a\q`,
  ])("is not %s, which has to be tried", (text) => {
    expect(isSurelySound(text)).toBe(false);
  });
});
