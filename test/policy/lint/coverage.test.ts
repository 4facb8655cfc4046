/** The comparison of policy and tools that the running sidecar makes, too. */

import { describe, expect, it } from "vitest";
import { compilePolicy, type CompiledPolicy } from "../../../src/policy/document/compile.ts";
import { comparePolicyWithTools } from "../../../src/policy/lint/coverage.ts";
import { parsePolicy } from "../../../src/policy/document/document.ts";
import type { Json } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { readDefinitions, type ToolDefinition } from "../../../src/mcp/tool-definition.ts";

function jsonOf(value: unknown): Json {
  const read = readJson(JSON.stringify(value));
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}

function policyOf(document: object): CompiledPolicy {
  const parsed = parsePolicy(jsonOf({ version: "1", default: "deny", ...document }));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return compilePolicy(parsed.document, { digest: "" });
}

function toolsOf(...names: readonly string[]): ToolDefinition[] {
  return readDefinitions(jsonOf(names.map((name) => ({ name }))));
}

describe("policy and tools", () => {
  it("are compared by name", () => {
    const { unknown, uncovered } = comparePolicyWithTools(
      policyOf({ tools: { a: {}, gone: {} }, hide: ["h", "gone-too"] }),
      toolsOf("a", "h", "new"),
    );
    expect({ unknown, uncovered }).toEqual({ unknown: ["gone", "gone-too"], uncovered: ["new"] });
  });

  it("leave nothing unknown as long as the server lists nothing", () => {
    expect(comparePolicyWithTools(policyOf({ tools: { a: {} } }), [])).toEqual({
      unknown: [],
      uncovered: [],
      findings: [],
    });
  });

  it("count a tool that is listed twice once", () => {
    expect(comparePolicyWithTools(policyOf({}), toolsOf("a", "a")).uncovered).toEqual(["a"]);
  });

  it.each(["constructor", "__proto__", "toString", "💥", "a".repeat(128)])(
    "know a tool named %s from one that is not there",
    (name) => {
      const policy = policyOf({ hide: [name] });
      expect(comparePolicyWithTools(policy, toolsOf(name)).unknown).toEqual([]);
      expect(comparePolicyWithTools(policy, toolsOf("other")).unknown).toEqual([name]);
    },
  );

  it("cover a tool in shadow, and one whose category is spoken of", () => {
    const policy = policyOf({ mode: "shadow", hide: ["a"], categories: { read: {} } });
    expect(comparePolicyWithTools(policy, toolsOf("a", "get_b", "drop_c")).uncovered).toEqual(["drop_c"]);
  });

  it("ignore elements of the list that are no tools", () => {
    expect(readDefinitions(jsonOf([1, null, {}, { name: 2 }, { name: "a" }]))).toHaveLength(1);
    expect(readDefinitions(jsonOf("none"))).toEqual([]);
  });

  it("are compared in a second when both are large and have no name in common", () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `tool_number_${index}`);
    const policy = policyOf({ tools: Object.fromEntries(names.map((name) => [`other_${name}`, {}])) });
    const startMs = performance.now();
    const { unknown } = comparePolicyWithTools(policy, toolsOf(...names));
    expect(unknown).toHaveLength(20_000);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});
