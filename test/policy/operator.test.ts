/** Operators on what they do not apply to, and the wording of conditions. */

import fc from "fast-check";
import { RE2JS, RE2JSException } from "re2js";
import { describe, expect, it } from "vitest";
import { CONDITION, evaluate } from "../../src/policy/condition.ts";
import { compileTest } from "../../src/policy/operator.ts";
import { DocumentPath } from "../../src/policy/schema/document-path.ts";
import { fromLiteral, problemsOf } from "./policies.ts";
import { words } from "../fixtures/tables.ts";

interface Test {
  readonly op: string;
  readonly value?: unknown;
  readonly of?: string;
}

function condition(test: Test) {
  const read = CONDITION.read(fromLiteral({ path: "args.v", ...test }), DocumentPath.root([]));
  if (read === undefined) throw new Error("the condition is faulty");
  return read;
}

function answer(test: Test, subject: unknown) {
  return evaluate(condition(test), new Map([["v", fromLiteral(subject)]]));
}

describe("an operator", () => {
  it.each<[Test, unknown, boolean | string]>([
    [{ op: "in", value: ["a", 1, null, { x: 1 }] }, "a", true],
    [{ op: "in", value: ["a", 1, null, { x: 1 }] }, 1, true],
    [{ op: "in", value: ["a", 1, null, { x: 1 }] }, { x: 1 }, true],
    [{ op: "in", value: ["a", 1, null, { x: 1 }] }, "1", false],
    [{ op: "in", value: ["1"] }, 1, "type"],
    [{ op: "in", value: [] }, 1, false],
    [{ op: "not_in", value: [] }, "a", true],
    [{ op: "not_in", value: [0] }, false, "type"],
    [{ op: "in", value: [{ x: 1 }, { x: "1" }, "a"] }, { x: true }, "type"],
    [{ op: "not_in", value: ["a", 1] }, "b", true],
    [{ op: "not_in", value: ["a", 1] }, 1, false],
    [{ op: "regex", value: "a" }, 1, "type"],
    [{ op: "regex", value: "a" }, ["a"], "type"],
    [{ op: "contains", value: "a" }, 1, "type"],
    [{ op: "contains", value: 1 }, "1", "type"],
    [{ op: "contains", value: "a" }, { a: 1 }, "type"],
    [{ op: "contains", value: "a" }, ["a"], true],
    [{ op: "contains", value: { a: 1 } }, [{ a: 1 }], true],
    [{ op: "starts_with", value: "a" }, ["a"], "type"],
    [{ op: "starts_with", value: "a" }, "ab", true],
    [{ op: "starts_with", value: "a" }, "ba", false],
    [{ op: "ends_with", value: "a" }, 1, "type"],
    [{ op: "ends_with", value: "a" }, "ba", true],
    [{ op: "gt", value: 1 }, "2", "type"],
    [{ op: "neq", value: 2, of: "length" }, "ab", false],
    [{ op: "neq", value: 2, of: "length" }, "abc", true],
    [{ op: "not_in", value: [2], of: "length" }, "abc", true],
    [{ op: "lt", value: 2, of: "bytes" }, "a", true],
    [{ op: "eq", value: 1, of: "length" }, 5, "type"],
    [{ op: "eq", value: 1, of: "length" }, true, "type"],
    [{ op: "neq", value: 1, of: "length" }, 5, "type"],
  ])("%j of %j is %s", (test, subject, expected) => {
    expect(answer(test, subject)).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ["^ab$", "ab", true],
    ["^ab$", "xab", false],
    ["ab$", "xab", true],
    ["^ab", "abx", true],
    ["a.c", "xabcx", true],
    ["a\\.c", "abc", false],
    ["a\\.c", "a.c", true],
    ["a*b+c?", "b", true],
    ["^(a|b)$", "b", true],
    ["^[ab]{2}$", "ab", true],
    ["a".repeat(255), "a".repeat(255), true],
    ["a".repeat(256), "a".repeat(256), true],
    ["a".repeat(257), "a".repeat(256), false],
    ["", "anything", true],
  ])("regex %s of %s is %s", (value, subject, expected) => {
    expect(answer({ op: "regex", value }, subject)).toBe(expected);
    expect(answer({ op: "regex", value }, subject)).toBe(expected);
  });

  it.each(words(`a** *a + a+++ (a a( a[ .*) [a a\\ a( a[ .*) \\1 (?=a) a{2,1} ^*+ \\c`))(
    "regex refuses %s",
    (value) => {
      const conditions = [{ path: "args.v", op: "regex", value }];
      const tools = { t: { deny_if: [{ conditions }] } };
      expect(problemsOf({ version: "1", default: "deny", tools })).toEqual([
        `tools.t.deny_if[0].conditions[0].value: must be a regular expression in RE2 syntax (without look-around and back-references), got ${JSON.stringify(value)}`,
      ]);
    },
  );

  it("is written out with its value", () => {
    expect(condition({ op: "exists", value: true }).text).toBe("args.v exists true");
    expect(condition({ op: "not_exists" }).text).toBe("args.v not_exists");
    expect(condition({ op: "eq", value: true }).text).toBe("args.v eq true");
  });

  it.each([
    [{ path: "x", op: "eq", value: 1 }, "path: must be a path such as args.name"],
    [
      { path: "args.v", op: "exists", value: true, of: "length" },
      'of: must be "value" with exists, got "length"',
    ],
    [
      { path: "args.v", op: "eq", value: "a", of: "bytes" },
      'value: must be a number when "of" is "bytes", got "a"',
    ],
    [
      { path: "args.v", op: "in", value: [1, "a"], of: "length" },
      'value: must be a number when "of" is "length"',
    ],
  ])("of a faulty condition is none: %j", (literal, problem) => {
    const problems: { path: string; message: string }[] = [];
    expect(CONDITION.read(fromLiteral(literal), DocumentPath.root(problems))).toBeUndefined();
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      expect.stringContaining(problem),
    ]);
  });
});

/** Pieces of patterns, among them those on which engines differ. */
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

describe("a regular expression", () => {
  it("that the policy accepts is one that the engine compiles when a call meets it", () => {
    const pattern = fc.array(fc.constantFrom(...PARTS), { maxLength: 6 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(pattern, fc.string(), (value, subject) => {
        const compiled = compileTest("regex", value);
        if (compiled.ok) expect(compiled.test(subject)).toBeTypeOf("boolean");
        else expect(() => RE2JS.compile(value)).toThrow(RE2JSException);
      }),
      { numRuns: 3_000 },
    );
  });
});
