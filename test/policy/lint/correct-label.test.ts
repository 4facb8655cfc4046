/** The policy entry that corrects a label lifts no rule that holds today. */

import { describe, expect, it } from "vitest";
import { printJson } from "../../../src/json/print-json.ts";
import { correctLabel } from "../../../src/policy/lint/correct-label.ts";
import { policyOf } from "../policies.ts";

const LIMIT = { counter: "runs", window: "hour", max: 5, scope: "grant" };

function corrected(policy: object | undefined, tool: string) {
  const compiled = policy && policyOf({ version: "1", default: "allow", ...policy });
  const { key, entry, note } = correctLabel(compiled, tool, "execute");
  return { key, entry: JSON.parse(printJson(entry)), note };
}

describe("the entry that corrects a label", () => {
  it.each([
    ["without a policy", undefined],
    ["where tools without an entry are allowed", {}],
    ["where another tool has an entry", { tools: { other: { limits: [LIMIT] } } }],
  ])("says the category alone %s", (_when, policy) => {
    expect(corrected(policy, "run")).toEqual({ key: "run", entry: { category: "execute" } });
  });

  it("denies a tool that the policy denies for want of an entry", () => {
    const { entry, note } = corrected({ default: "deny", tools: {} }, "run");
    expect(entry).toEqual({ category: "execute", action: "deny" });
    expect(note).toContain('remove "action"');
  });

  it("keeps the rules of the tool's own entry", () => {
    const { entry, note } = corrected({ tools: { run: { category: "read", limits: [LIMIT] } } }, "run");
    expect(entry).toMatchObject({ category: "execute", limits: [LIMIT] });
    expect(note).toBe("replaces the entry of this tool");
  });

  it("has the rules of the pattern that no longer counts beside it", () => {
    const { key, entry, note } = corrected({ default: "deny", tools: { "ru*": { limits: [LIMIT] } } }, "run");
    expect(key).toBe("run");
    expect(entry).toMatchObject({ category: "execute", limits: [LIMIT] });
    expect(entry).not.toHaveProperty("action");
    expect(note).toContain('"ru*"');
  });

  it("denies a tool that two patterns leave undecided", () => {
    const tools = { "r*n": { limits: [LIMIT] }, "ru*": { action: "deny" } };
    expect(corrected({ tools }, "run").entry).toMatchObject({ category: "execute" });
    const tied = { "ab*": { limits: [LIMIT] }, "*ab": { limits: [LIMIT] } };
    expect(corrected({ tools: tied }, "abab").entry).toEqual({ category: "execute", action: "deny" });
  });

  it("writes a name with a star so that it stands for itself", () => {
    expect(corrected({}, "run*").key).toBe(String.raw`run\*`);
    const own = corrected({ tools: { [String.raw`run\*`]: { limits: [LIMIT] } } }, "run*");
    expect(own).toMatchObject({ key: String.raw`run\*`, note: "replaces the entry of this tool" });
  });
});
