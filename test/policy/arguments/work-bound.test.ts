/** The work of one validation is counted, and ends at its bound: patterns, lists of values, items that must differ, members and texts. */

import { describe, expect, it } from "vitest";
import { boundedPattern } from "../../../src/policy/arguments/bounded-pattern.ts";
import { compileSchema } from "../../../src/policy/arguments/compile-schema.ts";
import { beginSubject, EXACT_KEYWORDS } from "../../../src/policy/arguments/exact-keywords.ts";
import { PlainValue } from "../../../src/policy/arguments/plain-value.ts";
import { beginWork, spend } from "../../../src/policy/arguments/work-bound.ts";
import { type Json, JsonNumber } from "../../../src/json/json.ts";
import { json, objectOf } from "../policies.ts";

const TOO_LARGE = "are too large for the tool's input schema to be checked";

/** How often the work is done before the bound ends it; at most `most`. */
function timesDone(work: () => void, most: number): number {
  beginWork();
  for (let times = 0; times < most; times += 1) {
    try {
      work();
    } catch (error) {
      expect(error).toMatchObject({ name: "UncheckedError", message: TOO_LARGE });
      return times;
    }
  }
  return most;
}

/** A schema of a thousand values that asks for no work of its own. */
const WIDE = `{"examples":[${"1,".repeat(999)}1]}`;

function membersText(count: number): string {
  return `{${Array.from({ length: count }, (_, at) => `"m${at}":1`).join(",")}}`;
}

function exactTest(keyword: string, operand: Json): (data: unknown, parent: unknown, key: string) => boolean {
  const compile = EXACT_KEYWORDS.find(([name]) => name === keyword)?.[1];
  if (compile === undefined) throw new Error(`no keyword ${keyword}`);
  return compile(operand);
}

/** Whether the check of `x` is given up. */
function isGivenUp(schema: string, value: string, dialect = ""): boolean {
  const compiled = compileSchema(objectOf(`{${dialect}"properties":{"x":${schema}}}`));
  if (!compiled.ok) throw new Error(compiled.problem);
  try {
    compiled.check(new Map([["x", json(value)]]));
    return false;
  } catch (error) {
    expect(error).toMatchObject({ name: "UncheckedError" });
    return true;
  }
}

describe("the work of a validation", () => {
  it("may take 5,000,000 steps", () => {
    beginWork();
    expect(spend(5_000_000)).toBeUndefined();
    expect(() => spend(1)).toThrow(TOO_LARGE);
  });

  it("counts ten steps for each character that a pattern is matched on", () => {
    const { test } = boundedPattern("^a*$");
    const text = "a".repeat(10_000);
    expect(timesDone(() => test(text), 100)).toBe(50);
  });

  it("counts a step for each value that an argument is compared with", () => {
    const test = exactTest(
      "enum",
      Array.from({ length: 100_000 }, (_, at) => new JsonNumber(String(at))),
    );
    beginSubject(new PlainValue(new JsonNumber("-1")));
    expect(timesDone(() => test(-1, undefined, ""), 100)).toBe(50);
  });

  it("counts a step for each item that must differ, and one for eight characters of it", () => {
    const item = "x".repeat(800_000);
    const value = new PlainValue([item]);
    beginSubject(value);
    const test = exactTest("uniqueItems", true);
    expect(timesDone(() => test(value.plain, undefined, ""), 100)).toBe(49);
  });

  it.each([
    ["items", `{"items":${WIDE}}`, `[${"1,".repeat(5_999)}1]`],
    ["members", `{"additionalProperties":${WIDE}}`, membersText(6_000)],
    ["number of members", `{"allOf":[${'{"minProperties":1},'.repeat(999)}true]}`, membersText(6_000)],
    ["length of texts", `{"allOf":[${'{"minLength":1},'.repeat(999)}true]}`, `"${"a".repeat(200_000)}"`],
  ])("is bounded by the %s of a value", (_extent, schema, value) => {
    const compiled = compileSchema(objectOf(`{"properties":{"x":${schema}}}`));
    if (!compiled.ok) throw new Error(compiled.problem);
    expect(() => compiled.check(new Map([["x", json(value)]]))).toThrow(TOO_LARGE);
  });
});

describe("a keyword that repeats work", () => {
  const MANY_ITEMS = `[${"1,".repeat(5_999)}1]`;
  const DRAFT_7 = `"$schema":"http://json-schema.org/draft-07/schema#",`;

  // The schema has some thousand values: an application of a few thousand parts is over the bound, one of a single part is not.
  it.each([
    ["items", `{"items":${WIDE}}`, MANY_ITEMS, ""],
    ["additionalItems", `{"items":[true],"additionalItems":${WIDE}}`, MANY_ITEMS, DRAFT_7],
    ["contains", `{"contains":${WIDE}}`, MANY_ITEMS, ""],
    ["unevaluatedItems", `{"unevaluatedItems":${WIDE}}`, MANY_ITEMS, ""],
    ["additionalProperties", `{"additionalProperties":${WIDE}}`, membersText(6_000), ""],
    ["patternProperties", `{"patternProperties":{"^m":${WIDE}}}`, membersText(6_000), ""],
    ["propertyNames", `{"propertyNames":${WIDE}}`, membersText(6_000), ""],
    ["unevaluatedProperties", `{"unevaluatedProperties":${WIDE}}`, membersText(6_000), ""],
  ])("counts its parts: %s", (_keyword, schema, many, dialect) => {
    expect(isGivenUp(schema, many, dialect)).toBe(true);
    expect(isGivenUp(schema, many.startsWith("[") ? "[1]" : "{}", dialect)).toBe(false);
  });

  it("counts the members of a value for maxProperties", () => {
    const schema = `{"allOf":[${'{"maxProperties":9000},'.repeat(999)}true]}`;
    expect(isGivenUp(schema, membersText(6_000))).toBe(true);
    expect(isGivenUp(schema, membersText(600))).toBe(false);
  });
});

describe("a pattern", () => {
  it("keeps its text, by which the library tells patterns apart", () => {
    expect(String(boundedPattern("^a$"))).toBe("^a$");
  });

  it.each(["a{999}", "a{1,999}", "a{999,}"])(
    "%s may have 200,000 characters times repetitions and no more",
    (repeated) => {
      beginWork();
      const padding = 200 - repeated.length;
      expect(boundedPattern(repeated + "b".repeat(padding)).test("")).toBe(false);
      expect(() => boundedPattern(repeated + "b".repeat(padding + 1))).toThrow("a pattern is too large");
    },
  );
});
