/** Metrics of calls. */

import { describe, expect, it } from "vitest";
import { OUTCOMES, REFUSAL_CAUSES } from "../../../src/mcp/vocabulary.ts";
import { REASONS } from "../../../src/policy/mode.ts";
import { createMetrics, type Metrics, type MetricsOptions } from "../../../src/telemetry/metrics/metrics.ts";
import {
  exampleKnownTool,
  DENIED,
  denied,
  exampleAgent,
  exampleList,
  exampleRequest,
  misfit,
  exampleTool,
  observe,
  SUCCESS,
  ALLOWED,
} from "../examples.ts";
import { scrapeSamples, valueOf } from "./scrape.ts";

function start(options: Partial<MetricsOptions> = {}): Metrics {
  const metrics = createMetrics({
    server: "prometheus",
    version: "0.1.0",
    nodeVersion: "v26.0.0",
    agents: ["planner"],
    ...options,
  });
  metrics.toolsKnown([exampleKnownTool("ExecuteQuery", "execute")]);
  return metrics;
}

describe("calls", () => {
  it.each(OUTCOMES)("counts a call that ended as %s", async (outcome) => {
    const metrics = start();
    observe(metrics.observer, exampleRequest(), ALLOWED, { ...SUCCESS, outcome });
    const labels = { server: "prometheus", tool: "ExecuteQuery", category: "execute", agent: "planner" };
    expect(await valueOf(metrics, "tollgate_tool_calls_total", { ...labels, outcome })).toBe(1);
  });

  it("exports every outcome of a named agent on a known tool as 0 at start", async () => {
    const samples = (await scrapeSamples(start())).filter(({ name }) => name === "tollgate_tool_calls_total");
    expect(samples.map(({ labels, value }) => [labels["agent"], labels["outcome"], value])).toEqual(
      OUTCOMES.map((outcome) => ["planner", outcome, 0]),
    );
  });

  it("counts a name that only the caller knows as _unknown", async () => {
    const metrics = start();
    observe(metrics.observer, exampleRequest({ tool: exampleTool("DropEverything", { isKnown: false }) }));
    const { body } = await metrics.render(undefined);
    expect(body).not.toContain("DropEverything");
    expect(
      await valueOf(metrics, "tollgate_tool_calls_total", { tool: "_unknown", outcome: "success" }),
    ).toBe(1);
  });

  it("counts agents past the bound as _other, and counts the overflow", async () => {
    const metrics = start({ maxAgents: 2 });
    for (const name of ["a", "b", "c", "d"]) {
      observe(metrics.observer, exampleRequest({ agent: exampleAgent(name) }));
    }
    expect(await valueOf(metrics, "tollgate_tool_calls_total", { agent: "_other", outcome: "success" })).toBe(
      2,
    );
    expect(await valueOf(metrics, "tollgate_label_overflow_total", { label: "agent" })).toBe(2);
  });

  it("keeps the label value of a configured agent when other agents have filled the bound", async () => {
    const metrics = start({ maxAgents: 1, maxPairs: 2 });
    for (const name of ["a", "b", "c", "planner"]) {
      observe(metrics.observer, exampleRequest({ agent: exampleAgent(name) }));
    }
    expect(
      await valueOf(metrics, "tollgate_tool_calls_total", { agent: "planner", outcome: "success" }),
    ).toBe(1);
  });

  it("bounds the pairs of agent and tool", async () => {
    const metrics = start({ maxPairs: 4 });
    for (const tool of ["A", "B", "C", "D", "E"]) {
      observe(metrics.observer, exampleRequest({ tool: exampleTool(tool), agent: exampleAgent("stranger") }));
    }
    const samples = (await scrapeSamples(metrics)).filter(({ name }) => name === "tollgate_tool_calls_total");
    expect(samples.filter(({ labels }) => labels["agent"] === "stranger")).toHaveLength(2);
    expect(await valueOf(metrics, "tollgate_label_overflow_total", { label: "pair" })).toBe(3);
  });

  it("distinguishes two agents whose names differ in the registry's own separators", async () => {
    const metrics = start();
    for (const name of ["a,outcome:x", "a", "system:serviceaccount:ns:one", "system;serviceaccount;ns;one"]) {
      observe(metrics.observer, exampleRequest({ agent: exampleAgent(name) }));
    }
    const samples = (await scrapeSamples(metrics)).filter(
      ({ name, labels, value }) =>
        name === "tollgate_tool_calls_total" && labels["outcome"] === "success" && value > 0,
    );
    expect(samples.map(({ labels, value }) => [labels["agent"], value])).toEqual([
      ["a%2Coutcome;x", 1],
      ["a", 1],
      ["system;serviceaccount;ns;one", 1],
      ["system%3Bserviceaccount%3Bns%3Bone", 1],
    ]);
  });

  it("counts requests that have not ended", async () => {
    const metrics = start();
    const request = exampleRequest({ transport: "stdio" });
    metrics.observer.requestStarted?.(request);
    expect(await valueOf(metrics, "tollgate_inflight_requests", { transport: "stdio" })).toBe(1);
    metrics.observer.requestEnded?.(request, SUCCESS, ALLOWED);
    expect(await valueOf(metrics, "tollgate_inflight_requests", { transport: "stdio" })).toBe(0);
  });

  it("counts no tool call for a request that is not one", async () => {
    const metrics = start();
    observe(metrics.observer, exampleList());
    const samples = (await scrapeSamples(metrics)).filter(({ name }) => name === "tollgate_tool_calls_total");
    expect(samples.every(({ value }) => value === 0)).toBe(true);
  });
});

describe("decisions", () => {
  it("exports every effect with every reason it can have as 0 at start", async () => {
    const samples = (await scrapeSamples(start())).filter(({ name }) => name === "tollgate_decisions_total");
    expect(samples.map(({ labels }) => `${labels["effect"]} ${labels["reason"]}`).toSorted()).toEqual(
      [
        "allow none",
        "ask approval_required",
        ...REASONS.flatMap((reason) => [`deny ${reason}`, `would_deny ${reason}`]),
      ].toSorted(),
    );
    expect(samples.every(({ value }) => value === 0)).toBe(true);
  });

  it("counts a denial by tool, agent and reason, and by rule", async () => {
    const metrics = start();
    observe(metrics.observer, exampleRequest(), denied(), DENIED);
    expect(
      await valueOf(metrics, "tollgate_decisions_total", { effect: "deny", reason: "rate_limited" }),
    ).toBe(1);
    expect(
      await valueOf(metrics, "tollgate_tool_denials_total", {
        tool: "ExecuteQuery",
        category: "execute",
        agent: "planner",
        reason: "rate_limited",
        mode: "enforce",
      }),
    ).toBe(1);
    expect(
      await valueOf(metrics, "tollgate_rule_hits_total", {
        rule: "/tools/ExecuteQuery/limits/per-minute",
        effect: "deny",
      }),
    ).toBe(1);
    expect(await valueOf(metrics, "tollgate_tool_calls_total", { agent: "planner", outcome: "denied" })).toBe(
      1,
    );
  });

  it("counts a call that shadow mode allows as would_deny, and the call by its own outcome", async () => {
    const metrics = start();
    observe(metrics.observer, exampleRequest(), denied({ mode: "shadow" }));
    expect(
      await valueOf(metrics, "tollgate_decisions_total", { effect: "would_deny", reason: "rate_limited" }),
    ).toBe(1);
    expect(await valueOf(metrics, "tollgate_tool_denials_total", { mode: "shadow" })).toBe(1);
    expect(
      await valueOf(metrics, "tollgate_tool_calls_total", { agent: "planner", outcome: "success" }),
    ).toBe(1);
  });

  it("counts a denied method without a tool only among the decisions", async () => {
    const metrics = start();
    observe(metrics.observer, exampleList(), denied({ reason: "denied_by_rule" }), DENIED);
    expect(
      await valueOf(metrics, "tollgate_decisions_total", { effect: "deny", reason: "denied_by_rule" }),
    ).toBe(1);
    expect(await valueOf(metrics, "tollgate_tool_denials_total")).toBeUndefined();
  });

  it("counts conditions that could not be evaluated", async () => {
    const metrics = start();
    const decision = {
      charges: [],
      unevaluable: [{ rule: "/tools/x/deny_if/args.a-gt", cause: "type" as const }],
    };
    observe(metrics.observer, exampleRequest(), { ...ALLOWED, decision });
    expect(
      await valueOf(metrics, "tollgate_conditions_unevaluable_total", {
        rule: "/tools/x/deny_if/args.a-gt",
        cause: "type",
      }),
    ).toBe(1);
  });

  it("counts arguments that do not fit, whether they pass or not", async () => {
    const metrics = start();
    observe(metrics.observer, exampleRequest(), misfit());
    observe(metrics.observer, exampleRequest(), misfit({ check: "validate", cause: "schema_unknown" }));
    const name = "tollgate_arguments_invalid_total";
    const tool = "ExecuteQuery";
    expect(await valueOf(metrics, name, { tool, cause: "invalid", check: "observe" })).toBe(1);
    expect(await valueOf(metrics, name, { tool, cause: "schema_unknown", check: "validate" })).toBe(1);
    expect(await valueOf(metrics, name, { tool, cause: "invalid", check: "validate" })).toBe(0);
  });

  it("exports the rules of a policy as 0 before they hit", async () => {
    const metrics = start();
    metrics.rulesKnown(["(default deny)"]);
    expect(
      await valueOf(metrics, "tollgate_rule_hits_total", { rule: "(default deny)", effect: "deny" }),
    ).toBe(0);
  });
});

describe("durations and sizes", () => {
  it("measures both sides, and the overhead between them", async () => {
    const metrics = start();
    observe(metrics.observer, exampleRequest(), ALLOWED, { ...SUCCESS, totalMs: 30, upstreamMs: 28 });
    expect(await valueOf(metrics, "mcp_server_operation_duration_seconds_sum")).toBeCloseTo(0.03, 9);
    expect(await valueOf(metrics, "mcp_client_operation_duration_seconds_sum")).toBeCloseTo(0.028, 9);
    expect(await valueOf(metrics, "tollgate_overhead_seconds_sum")).toBeCloseTo(0.002, 9);
  });

  it("labels an operation by method, tool, error and transport", async () => {
    const metrics = start({ upstreamTransport: "stdio" });
    observe(metrics.observer, exampleRequest(), ALLOWED, { ...SUCCESS, outcome: "tool_error" });
    const labels = {
      server: "prometheus",
      mcp_method_name: "tools/call",
      gen_ai_tool_name: "ExecuteQuery",
      error_type: "tool_error",
    };
    expect(
      await valueOf(metrics, "mcp_server_operation_duration_seconds_count", {
        ...labels,
        network_transport: "tcp",
      }),
    ).toBe(1);
    expect(
      await valueOf(metrics, "mcp_client_operation_duration_seconds_count", {
        ...labels,
        network_transport: "pipe",
      }),
    ).toBe(1);
  });

  it("counts all time of a denied call as overhead, and none as the upstream's", async () => {
    const metrics = start();
    observe(metrics.observer, exampleRequest(), denied(), DENIED);
    expect(await valueOf(metrics, "tollgate_overhead_seconds_count")).toBe(1);
    expect(
      await valueOf(metrics, "mcp_server_operation_duration_seconds_count", { error_type: "policy_denied" }),
    ).toBe(1);
    expect(await valueOf(metrics, "mcp_client_operation_duration_seconds_count")).toBeUndefined();
  });

  it("records no overhead for a call that never reached the upstream", async () => {
    const metrics = start();
    const { upstreamMs: _upstreamMs, ...ending } = SUCCESS;
    observe(metrics.observer, exampleRequest(), ALLOWED, { ...ending, outcome: "upstream_error" });
    expect(await valueOf(metrics, "tollgate_overhead_seconds_count")).toBe(0);
  });

  it("never counts a negative overhead", async () => {
    const metrics = start();
    observe(metrics.observer, exampleRequest(), ALLOWED, { ...SUCCESS, totalMs: 5, upstreamMs: 6 });
    expect(await valueOf(metrics, "tollgate_overhead_seconds_sum")).toBe(0);
  });

  it("measures the size of requests and results of tool calls", async () => {
    const metrics = start();
    observe(metrics.observer, exampleRequest({ bytes: 350 }));
    expect(await valueOf(metrics, "tollgate_request_bytes_sum", { tool: "ExecuteQuery" })).toBe(350);
    expect(await valueOf(metrics, "tollgate_result_bytes_bucket", { tool: "ExecuteQuery", le: "1024" })).toBe(
      1,
    );
  });

  it("has no agent on any histogram", async () => {
    const metrics = start();
    observe(metrics.observer, exampleRequest());
    const samples = (await scrapeSamples(metrics)).filter(({ name }) => name.endsWith("_bucket"));
    expect(samples.filter(({ labels }) => "agent" in labels)).toEqual([]);
  });
});

describe("counters that alerts use", () => {
  it.each(["missing", "type", "precision", "encoding", "size", "look_alike"])(
    "has each rule's conditions at 0 from the start (%s)",
    async (cause) => {
      const metrics = start();
      const rule = "/tools/ExecuteQuery/deny_if/args.query-contains";
      metrics.rulesKnown([rule, "/tools/ExecuteQuery/limits/per-minute"]);
      const name = "tollgate_conditions_unevaluable_total";
      expect(await valueOf(metrics, name, { rule, cause })).toBe(0);
      expect((await scrapeSamples(metrics)).filter((sample) => sample.name === name)).toHaveLength(6);
    },
  );

  it.each(["description", "schema", "annotations"])("has each tool's changes at 0 (%s)", async (grade) => {
    const labels = { tool: "ExecuteQuery", grade };
    expect(await valueOf(start(), "tollgate_tool_definition_changes_total", labels)).toBe(0);
  });

  it("bounds the number of initial series", () => {
    const metrics = start();
    const tools = Array.from({ length: 10_000 }, (_, index) => exampleKnownTool(`t${index}`, "read"));
    metrics.toolsKnown(tools);
    metrics.rulesKnown(tools.map(({ name }) => `/tools/${name}/require/args.a-exists`));
    expect(metrics.seriesCount()).toBeLessThan(25_000);
  });
});

describe("messages", () => {
  it("counts a method that no revision of the protocol knows as _other", async () => {
    const metrics = start();
    metrics.observer.messagePassed?.("downstream", "x/y");
    metrics.observer.messagePassed?.("upstream", "response");
    expect(
      await valueOf(metrics, "tollgate_messages_total", { direction: "downstream", method: "_other" }),
    ).toBe(1);
    expect(
      await valueOf(metrics, "tollgate_messages_total", { direction: "upstream", method: "response" }),
    ).toBe(1);
  });

  it.each(REFUSAL_CAUSES)("counts a message refused for %s, from 0", async (cause) => {
    const metrics = start();
    expect(await valueOf(metrics, "tollgate_messages_refused_total", { cause })).toBe(0);
    metrics.observer.messageRefused?.({ id: "1", atMs: 0, cause, detail: "", transport: "http", bytes: 1 });
    expect(await valueOf(metrics, "tollgate_messages_refused_total", { cause })).toBe(1);
  });
});
