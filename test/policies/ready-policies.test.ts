/** The ready policies in policies/, tested with the servers that they are written for. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DEMO_TOOLS } from "../../src/commands/demo/tools.ts";
import { readPolicyFile } from "../../src/config/files/policy-file.ts";
import { type Policy, withoutArgumentChecks } from "../../src/policy/policy.ts";
import { decide } from "../../src/policy/decide.ts";
import { isJsonObject } from "../../src/json/json.ts";
import { readJson } from "../../src/json/read-json.ts";

interface Document {
  readonly description: string;
  readonly default: string;
  readonly hide?: readonly string[];
  readonly tools: Readonly<Record<string, unknown>>;
}

function read(name: string): Document {
  return JSON.parse(readFileSync(new URL(`../../policies/${name}.json`, import.meta.url), "utf8"));
}

const prometheus = read("prometheus");
const healthomics = read("healthomics");
const demo = read("demo");

describe("policies/demo.json", () => {
  it("combines the policies of both servers in one document", () => {
    expect(demo.tools).toEqual({ ...prometheus.tools, ...healthomics.tools });
    expect(demo.hide).toEqual([...(prometheus.hide ?? []), ...(healthomics.hide ?? [])]);
  });
});

function compiled(name: string): Policy {
  const file = fileURLToPath(new URL(`../../policies/${name}.json`, import.meta.url));
  const read = readPolicyFile(file);
  if (!read.ok) throw new Error(read.problems.join("\n"));
  // The stories hold arguments against the servers' schemas; here the rules decide alone.
  return withoutArgumentChecks(read.policy);
}

/** The reason of a denial, or "allowed"; `usedOfDay` is the current count of the limit `runs_per_day`. */
function judge(policy: Policy, tool: string, args: object, usedOfDay = 0): string {
  const json = readJson(JSON.stringify(args));
  if (!json.ok || !isJsonObject(json.value)) throw new Error("not an object");
  const category = { category: "unknown", source: "heuristic", confidence: 0 } as const;
  const decision = decide(policy, { tool, category, args: json.value, agent: "a" }, ({ limit }) => ({
    used: limit.counter === "runs_per_day" ? usedOfDay : 0,
    retryAfterMs: 1,
  }));
  return decision.denial?.reason ?? "allowed";
}

describe.each([
  ["prometheus", prometheus, ["profile", "region"]],
  ["healthomics", healthomics, ["aws_profile", "aws_region"]],
])("policies/%s.json", (name, document, credentials) => {
  const policy = compiled(name);

  it("describes the risks that it protects against", () => {
    expect(document.description.length).toBeGreaterThan(100);
  });

  it("denies a tool that it does not list", () => {
    expect(judge(policy, "DropEverything", {})).toBe("default_deny");
  });

  it.each(Object.keys(document.tools))("denies a call of %s that chooses credentials", (tool) => {
    for (const argument of credentials)
      expect(judge(policy, tool, { ...VALID[tool], [argument]: "other" })).toBe("condition");
  });

  it.each(Object.keys(document.tools))("allows an ordinary call of %s", (tool) => {
    expect(judge(policy, tool, VALID[tool] ?? {})).toBe("allowed");
  });
});

const VALID: Readonly<Record<string, object>> = {
  ExecuteQuery: { query: "up" },
  ExecuteRangeQuery: { query: "up", start: "0", end: "3600", step: "1m" },
  StartAHORunBatch: { batch_run_settings: { inlineSettings: runs(20) } },
  StartAHOReadSetExportJob: { read_set_ids: ["1", "2"] },
};

describe("policies/prometheus.json", () => {
  const policy = compiled("prometheus");

  it.each([
    ["a query of more than 2,000 characters", "ExecuteQuery", { query: "u".repeat(2001) }, "condition"],
    ["a query over all names", "ExecuteQuery", { query: '{__name__=~".+"}' }, "condition"],
    ["a query that has no length", "ExecuteQuery", { query: 1 }, "condition_unevaluable"],
    ["a step below ten seconds", "ExecuteRangeQuery", { query: "up", step: "9s" }, "condition"],
    ["a step in bare seconds", "ExecuteRangeQuery", { query: "up", step: "1" }, "condition"],
    ["no step", "ExecuteRangeQuery", { query: "up" }, "condition"],
  ])("denies %s", (_what, tool, args, reason) => {
    expect(judge(policy, tool, args)).toBe(reason);
  });
});

describe("policies/healthomics.json", () => {
  const policy = compiled("healthomics");

  it.each([
    ["more than 20 runs in one batch", { batch_run_settings: { inlineSettings: runs(21) } }, "condition"],
    ["a list of runs in S3", { batch_run_settings: { s3UriSettings: "s3://a/b" } }, "condition"],
    [
      "a list in S3 beside one that can be counted",
      { batch_run_settings: { inlineSettings: runs(1), s3UriSettings: "s3://a/b" } },
      "condition",
    ],
    // The server reads JSON inside a string as if it were an object.
    ["settings as a string", { batch_run_settings: '{"s3UriSettings":"s3://a/b"}' }, "condition_unevaluable"],
    ["runs that have no length", { batch_run_settings: { inlineSettings: 1 } }, "condition_unevaluable"],
    ["no settings", {}, "condition"],
  ])("denies %s", (_what, args, reason) => {
    expect(judge(policy, "StartAHORunBatch", args)).toBe(reason);
  });

  it("denies a 51st read set in one export", () => {
    expect(judge(policy, "StartAHOReadSetExportJob", { read_set_ids: runs(51) })).toBe("condition");
  });

  it("charges each run of a batch to the budget of the day", () => {
    const batchOf20 = VALID["StartAHORunBatch"] ?? {};
    const verdicts = [480, 481].map((used) => judge(policy, "StartAHORunBatch", batchOf20, used));
    expect(verdicts).toEqual(["allowed", "budget_exceeded"]);
  });

  it.each(healthomics.hide ?? [])("hides %s", (tool) => {
    expect(judge(policy, tool, {})).toBe("hidden");
  });
});

describe("the demo's server", () => {
  const names = DEMO_TOOLS.map((tool) => tool.name);

  it("has all tools of policies/prometheus.json", () => {
    expect(names).toEqual(expect.arrayContaining(Object.keys(prometheus.tools)));
  });

  it("has tools that the policy allows, tools that it hides, and tools that it does not list", () => {
    expect(names.filter((name) => demo.hide?.includes(name))).not.toEqual([]);
    expect(
      names.filter((name) => name in demo.tools === false && demo.hide?.includes(name) === false),
    ).toEqual(["StartAHORun"]);
  });

  it.each(DEMO_TOOLS)("declares for $name the argument names that the policies test", (tool) => {
    const tested = JSON.stringify(demo.tools[tool.name] ?? {}).matchAll(/"args\.(\w+)/g);
    for (const [, name = ""] of tested) expect(Object.keys(tool.inputSchema.properties)).toContain(name);
  });
});

function runs(count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => ({ runSettingId: String(index) }));
}
