/** Names of rules: how they are made, and how a tool's name is read back. */

import { describe, expect, it } from "vitest";
import { uniqueNames, rulePointer, toolOfPointer } from "../../src/policy/pointer.ts";
import { policyOf } from "./policies.ts";

function ruleNames(...numbersOfConditions: readonly number[]): readonly string[] {
  const deny_if = numbersOfConditions.map((length) => ({
    conditions: Array.from({ length }, (_, index) => ({ path: `args.a${index}`, op: "eq", value: 1 })),
  }));
  return policyOf({ version: "1", default: "deny", tools: { t: { deny_if } } }).rules.map(
    (pointer) => pointer.split("/").at(-1) ?? "",
  );
}

describe("the name of a rule", () => {
  it("spells out three conditions, and counts the others", () => {
    expect(ruleNames(0, 1, 3, 4, 5)).toEqual([
      "always",
      "args.a0-eq",
      "args.a0-eq+args.a1-eq+args.a2-eq",
      "args.a0-eq+args.a1-eq+args.a2-eq+1-more",
      "args.a0-eq+args.a1-eq+args.a2-eq+2-more",
    ]);
  });

  it("gets a suffix when an earlier rule has the same name", () => {
    expect(uniqueNames(["x", "x", "x", "y", "x-2", "y"])).toEqual(["x", "x-2", "x-3", "y", "x-2-2", "y-2"]);
    expect(uniqueNames(["x"])).toEqual(["x"]);
    expect(uniqueNames([])).toEqual([]);
  });
});

describe("the tool of a pointer", () => {
  it.each(["t", "a/b", "a~b", "~1", "~0/~1", "", "tools", "a b"])("%j is read back", (tool) => {
    expect(toolOfPointer(rulePointer("tools", tool, "deny_if", "always"))).toBe(tool);
  });

  it.each(["/all_tools/limits/c-per-day", "/categories/tools/x", "(hidden)", "x/tools/a", "", "/tools"])(
    "there is none in %j",
    (pointer) => {
      expect(toolOfPointer(pointer)).toBeUndefined();
    },
  );
});
