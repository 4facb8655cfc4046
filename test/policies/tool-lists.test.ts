/** The ready policies against the recorded tools/list of the servers they are for. */

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readPolicyFile } from "../../src/config/files/policy-file.ts";
import { classifyTool } from "../../src/policy/category/classify.ts";
import type { CompiledPolicy } from "../../src/policy/document/compile.ts";
import { decide } from "../../src/policy/decide.ts";
import type { RuleSet } from "../../src/policy/document/document.ts";
import { parseItemsPath } from "../../src/json/path.ts";
import { type RecordedTool, readToolList, TOOL_LISTS } from "../fixtures/tool-list.ts";

const FOLDER = new URL("../../policies/", import.meta.url);

/** The demo has a server of its own. */
const POLICIES = readdirSync(FOLDER)
  .filter((file) => /^[^.]+\.json$/.test(file) && file !== "demo.json")
  .map((file) => file.replace(/\.json$/, ""));

function compiled(name: string): CompiledPolicy {
  const read = readPolicyFile(fileURLToPath(new URL(`${name}.json`, FOLDER)));
  if (!read.ok) throw new Error(read.problems.join("\n"));
  return read.policy;
}

it("records a list for every ready policy", () => {
  expect(POLICIES).toEqual(TOOL_LISTS);
});

describe.each(POLICIES)("policies/%s.json", (name) => {
  const policy = compiled(name);
  const list = readToolList(name);
  const tools = new Map(list.tools.map((tool) => [tool.name, tool]));

  it("is understood without remarks", () => {
    expect(readPolicyFile(fileURLToPath(new URL(`${name}.json`, FOLDER)))).toMatchObject({
      ok: true,
      notes: [],
    });
  });

  it("denies by default, and says what it protects against", () => {
    expect(policy.default).toBe("deny");
    expect(policy.document.description?.length).toBeGreaterThan(100);
  });

  it("names only tools that the server has", () => {
    expect(policy.toolNames.filter((tool) => !tools.has(tool))).toEqual([]);
  });

  it("does not list a tool that it hides", () => {
    expect(policy.document.hide?.filter((tool) => policy.forTool(tool).key !== undefined) ?? []).toEqual([]);
  });

  it("tests only arguments that the tool has", () => {
    const unknown = Array.from(policy.document.tools ?? [], ([tool, entry]) =>
      pathsOf(entry).filter((path) => !isDeclared(tools.get(tool), path)),
    );
    expect(unknown.flat()).toEqual([]);
  });

  it("leaves no destructive tool without a bound", () => {
    const free = list.tools.filter((tool) => {
      const category = classifyTool({ ...tool, argumentNames: argumentNames(tool) });
      return category.category === "destructive" && !isBounded(policy, tool.name);
    });
    expect(free.map((tool) => tool.name)).toEqual([]);
  });

  it("limits every tool that it calls other than a reading one", () => {
    const free = Array.from(policy.document.tools ?? [], ([tool, entry]) => ({ tool, ...entry })).filter(
      ({ tool, category }) => category !== "read" && !isBounded(policy, tool),
    );
    expect(free.map(({ tool }) => tool)).toEqual([]);
  });

  it("has a story in the corpus", () => {
    expect(readdirSync(new URL("../corpus/policies/", import.meta.url))).toContain(`${name}.json`);
  });
});

function pathsOf({ require = [], deny_if: denyIf = [], limits = [] }: RuleSet): string[] {
  const conditions = [...require, ...denyIf].flatMap((rule) => rule.conditions.map(({ path }) => path));
  return [...conditions, ...limits.flatMap((limit) => limit.increment_from ?? [])];
}

/** Deeper names are the server's own business: schemas often say no more than `object`. */
function isDeclared(tool: RecordedTool | undefined, path: string): boolean {
  const [top] = parseItemsPath(path) ?? [];
  return tool !== undefined && top !== undefined && argumentNames(tool).includes(String(top));
}

function argumentNames({ inputSchema }: RecordedTool): string[] {
  return Object.keys(inputSchema.properties ?? {});
}

/** Hidden, denied, waiting for a person, or limited on its own. */
function isBounded(policy: CompiledPolicy, tool: string): boolean {
  const category = classifyTool({ name: tool }, policy.categoryOf(tool));
  const decision = decide(policy, { tool, category, args: new Map(), agent: "a" }, () => ({
    used: 0,
    retryAfterMs: 0,
  }));
  const isUnlisted = ["hidden", "default_deny", "denied_by_rule"].includes(decision.denial?.reason ?? "");
  return (
    isUnlisted ||
    policy
      .forTool(tool)
      .entriesFor(category.category)
      .some(({ limits }) => limits.length > 0)
  );
}
