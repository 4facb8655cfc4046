/** Metrics of the sidecar's state. */

import { describe, expect, it } from "vitest";
import { createMetrics, type Metrics, type MetricsOptions } from "../../../src/telemetry/metrics/metrics.ts";
import { exampleKnownTool, exampleRequest, exampleTool, observe } from "../examples.ts";
import { scrapeSamples, valueOf } from "./scrape.ts";

function start(options: Partial<MetricsOptions> = {}): Metrics {
  return createMetrics({ server: "s", version: "0.1.0", nodeVersion: "v26.1.0", agents: [], ...options });
}

interface State {
  readonly what: string;
  readonly happen: (metrics: Metrics) => void;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

describe("policy", () => {
  const policy = { digest: "abc", default: "deny", mode: "enforce" } as const;
  const loadedAtMs = 1_700_000_000_500;

  it("shows the policies in force and no earlier one", async () => {
    const metrics = start();
    metrics.policiesLoaded([policy], loadedAtMs);
    metrics.policiesLoaded(
      [
        { ...policy, digest: "sha256:def", mode: "shadow" },
        { ...policy, digest: "fed" },
      ],
      loadedAtMs,
    );
    const samples = (await scrapeSamples(metrics)).filter(({ name }) => name === "tollgate_policy_info");
    expect(samples.map(({ labels, value }) => ({ ...labels, value }))).toEqual([
      { digest: "sha256;def", default: "deny", mode: "shadow", value: 1 },
      { digest: "fed", default: "deny", mode: "enforce", value: 1 },
    ]);
  });

  it("exports when the policy was loaded, and whether the last reload failed", async () => {
    const metrics = start();
    metrics.policiesLoaded([policy], loadedAtMs);
    metrics.policyRejected();
    expect(await valueOf(metrics, "tollgate_policy_last_reload_successful")).toBe(0);
    expect(await valueOf(metrics, "tollgate_policy_last_reload_success_timestamp_seconds")).toBe(
      1_700_000_000.5,
    );
    expect(await valueOf(metrics, "tollgate_policy_reloads_total", { result: "success" })).toBe(1);
    expect(await valueOf(metrics, "tollgate_policy_reloads_total", { result: "failure" })).toBe(1);
  });

  it("counts tools that the server does not have, and tools that no rule covers", async () => {
    const metrics = start();
    metrics.policyCoverage({ unknown: 2, uncovered: 5 });
    expect(await valueOf(metrics, "tollgate_policy_unknown_tools", { server: "s" })).toBe(2);
    expect(await valueOf(metrics, "tollgate_policy_uncovered_tools", { server: "s" })).toBe(5);
  });
});

describe("state", () => {
  it.each<State>([
    {
      what: "open sessions",
      happen: (metrics) => metrics.sessions("http", 4),
      name: "tollgate_sessions",
      labels: { transport: "http" },
      value: 4,
    },
    {
      what: "open streams",
      happen: (metrics) => metrics.streams("stdio", 2),
      name: "tollgate_streams",
      labels: { transport: "stdio" },
      value: 2,
    },
    {
      what: "an upstream that answers",
      happen: (metrics) => metrics.upstreamUp(true),
      name: "tollgate_upstream_up",
      value: 1,
    },
    {
      what: "a restart",
      happen: (metrics) => metrics.upstreamRestarted(),
      name: "tollgate_upstream_restarts_total",
      value: 1,
    },
    {
      what: "an exposed upstream",
      happen: (metrics) => metrics.upstreamExposed(true),
      name: "tollgate_upstream_exposed",
      value: 1,
    },
    {
      what: "waiting approvals",
      happen: (metrics) => metrics.approvalsPending(3),
      name: "tollgate_approvals_pending",
      value: 3,
    },
    {
      what: "an approval",
      happen: (metrics) => metrics.approval("used"),
      name: "tollgate_approvals_total",
      labels: { state: "used" },
      value: 1,
    },
    {
      what: "a freeze",
      happen: (metrics) => metrics.frozen("agent", 2),
      name: "tollgate_frozen",
      labels: { kind: "agent" },
      value: 2,
    },
    {
      what: "a store error",
      happen: (metrics) => metrics.limitStoreFailed("timeout"),
      name: "tollgate_limit_store_errors_total",
      labels: { cause: "timeout" },
      value: 1,
    },
    {
      what: "a call let through",
      happen: (metrics) => metrics.failedOpen("connection"),
      name: "tollgate_fail_open_total",
      labels: { cause: "connection" },
      value: 1,
    },
    {
      what: "lost audit records",
      happen: (metrics) => metrics.auditDropped(7, "disk_full"),
      name: "tollgate_audit_dropped_total",
      labels: { cause: "disk_full" },
      value: 7,
    },
    {
      what: "spans that were lost",
      happen: (metrics) => metrics.spansLost(512, "rejected"),
      name: "tollgate_trace_export_failures_total",
      labels: { cause: "rejected" },
      value: 512,
    },
    {
      what: "data points that were lost",
      happen: (metrics) => metrics.pointsLost(30, "refused"),
      name: "tollgate_metric_export_failures_total",
      labels: { cause: "refused" },
      value: 30,
    },
  ])("shows $what, and 0 before", async ({ happen, name, labels, value }) => {
    const metrics = start();
    expect(await valueOf(metrics, name, labels)).toBe(0);
    happen(metrics);
    expect(await valueOf(metrics, name, labels)).toBe(value);
  });

  it("counts a changed tool definition by its grade", async () => {
    const metrics = start();
    metrics.toolChanged("ExecuteQuery", "schema");
    expect(
      await valueOf(metrics, "tollgate_tool_definition_changes_total", {
        tool: "ExecuteQuery",
        grade: "schema",
      }),
    ).toBe(1);
  });

  it("counts the server's current tools by category", async () => {
    const metrics = start();
    metrics.toolsKnown([exampleKnownTool("a", "read"), exampleKnownTool("b", "read")]);
    metrics.toolsKnown([exampleKnownTool("a", "read")]);
    expect(await valueOf(metrics, "tollgate_tools", { category: "read" })).toBe(1);
    expect(await valueOf(metrics, "tollgate_tools", { category: "execute" })).toBe(0);
  });

  it("describes each tool: its guess, where it comes from, how sure it is, and whether it is covered", async () => {
    const metrics = start();
    metrics.toolsKnown([exampleKnownTool("gone", "read")]);
    metrics.toolsKnown([
      exampleKnownTool("a", "read", { isCovered: true }),
      exampleKnownTool("b", "write", { confidence: 0.7 }),
      exampleKnownTool("c", "destructive", { confidence: 0.69 }),
      exampleKnownTool("d", "read", { confidence: 0.9 }),
    ]);
    const samples = (await scrapeSamples(metrics)).filter(({ name }) => name === "tollgate_tool_info");
    expect(samples.map(({ labels, value }) => [...Object.values(labels).slice(1), value])).toEqual([
      ["a", "read", "heuristic", "high", "true", 1],
      ["b", "write", "heuristic", "medium", "false", 1],
      ["c", "destructive", "heuristic", "low", "false", 1],
      ["d", "read", "heuristic", "high", "false", 1],
    ]);
    expect(await valueOf(metrics, "tollgate_tools", { category: "destructive" })).toBe(0);
    expect(await valueOf(metrics, "tollgate_tools", { category: "unknown" })).toBe(1);
  });

  it.each([
    [undefined, 0.69, "unknown"],
    [undefined, 0.7, "execute"],
    [0.5, 0.5, "execute"],
    [0.5, 0.49, "unknown"],
  ])(
    "counts calls by a guess that is sure enough: bound %s, confidence %s, %s",
    async (bound, confidence, label) => {
      const metrics = start(bound === undefined ? {} : { minLabelConfidence: bound });
      const category = { category: "execute", source: "heuristic", confidence } as const;
      observe(metrics.observer, exampleRequest({ tool: exampleTool("t", { category }) }));
      expect(await valueOf(metrics, "tollgate_tool_calls_total", { tool: "t", category: label })).toBe(1);
    },
  );

  it("shows the length of the latest tools/list", async () => {
    const metrics = start();
    metrics.observer.toolsListed?.({ count: 2, bytes: 1234 });
    expect(await valueOf(metrics, "tollgate_tools_list_bytes")).toBe(1234);
  });

  it("reads the limits at each scrape, and drops removed ones", async () => {
    let fullest = [
      {
        tool: "ExecuteQuery",
        counter: "per-minute",
        scope: "agent",
        ratio: 0.5,
        used: 1,
        max: 2,
        rule: "/r",
      },
    ];
    const metrics = start({ readLimits: () => ({ keys: 9, fullest }) });
    expect(
      await valueOf(metrics, "tollgate_limit_utilization_ratio", {
        tool: "ExecuteQuery",
        counter: "per-minute",
        scope: "agent",
      }),
    ).toBe(0.5);
    expect(await valueOf(metrics, "tollgate_limit_keys")).toBe(9);
    fullest = [];
    expect(await valueOf(metrics, "tollgate_limit_utilization_ratio")).toBeUndefined();
  });

  it("exports version and Node version of the build", async () => {
    expect(await valueOf(start(), "tollgate_build_info", { version: "0.1.0", node: "v26.1.0" })).toBe(1);
  });

  it("gives every series the server's name, as a label value", async () => {
    const metrics = start({ server: "prometheus:9090" });
    observe(metrics.observer, exampleRequest());
    const servers = new Set((await scrapeSamples(metrics)).map(({ labels }) => labels["server"]));
    expect(servers).toEqual(new Set(["prometheus;9090", undefined]));
  });

  it("bounds the number of initial series", () => {
    const metrics = start({ agents: Array.from({ length: 100 }, (_, index) => `agent-${index}`) });
    metrics.toolsKnown(Array.from({ length: 805 }, (_, index) => exampleKnownTool(`tool-${index}`, "read")));
    expect(metrics.seriesCount()).toBeLessThan(6000);
  });

  it("stays under a bound when 200 agents call 805 tools and random names", () => {
    const metrics = start();
    for (let index = 0; index < 20_000; index += 1) {
      const tool = {
        name: `tool-${index % 805}`,
        isKnown: index % 2 === 0,
        category: { category: "execute", source: "heuristic", confidence: 0.5 },
      } as const;
      observe(
        metrics.observer,
        exampleRequest({ tool, agent: { name: `agent-${index % 999}`, source: "jwt", verified: true } }),
      );
    }
    expect(metrics.seriesCount()).toBeLessThan(10_000);
  });
});
