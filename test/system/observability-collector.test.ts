/** Traces, metrics and audit records of a real Tollgate in a real OpenTelemetry collector, which is built from its Go modules at the first run. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSamples } from "../../src/commands/demo/samples.ts";
import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { serve, startTollgate, temporaryFile } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { postForText } from "../fixtures/post.ts";
import { until } from "../fixtures/start-sidecar.ts";
import type { RunningTollgate } from "../fixtures/start-tollgate.ts";
import { type Collector, startCollector } from "./collector/collector.ts";
import type { Metric, Point } from "./collector/otlp-json.ts";

const SERVER = 2;
const CLIENT = 3;
const DELTA = 1;
const CUMULATIVE = 2;
const BUILD_MS = 1_800_000;
const POLICY = { version: "1", default: "allow", tools: { read: {}, wipe: { action: "deny" } } };

let collector: Collector;

beforeAll(async () => {
  collector = await startCollector();
}, BUILD_MS);
afterAll(() => collector?.remove());

interface Way {
  readonly protocol: "grpc" | "http/protobuf" | "http/json";
  readonly temporality?: "cumulative" | "delta";
}

async function start({ protocol, temporality = "cumulative" }: Way, name: string): Promise<RunningTollgate> {
  const upstream = await serve(() => EMPTY_RESULT);
  return startTollgate({
    upstream: upstream.url,
    flags: ["--policy", temporaryFile("policy.json", POLICY), "--audit", "otlp", "--log-level", "silent"],
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: protocol === "grpc" ? collector.urls.grpc : collector.urls.http,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_METRIC_EXPORT_INTERVAL: "250",
      OTEL_SERVICE_NAME: name,
    },
  });
}

function call({ url }: RunningTollgate, name: string): Promise<string> {
  return postForText(url, { method: "tools/call", params: { name, arguments: {} } });
}

/** Those that came from the sidecar of this name. */
function of<Item extends { readonly resource: Readonly<Record<string, unknown>> }>(
  items: readonly Item[],
  name: string,
): readonly Item[] {
  return items.filter(({ resource }) => resource["service.name"] === name);
}

function pointsOf({ sum, gauge, histogram }: Metric): readonly Point[] {
  return (sum ?? gauge ?? histogram)?.dataPoints ?? [];
}

/** The points of a metric in the order of the pushes, with these attributes. */
function points(
  name: string,
  metric: string,
  attributes: Readonly<Record<string, string>>,
): readonly Point[] {
  return of(collector.metrics(), name)
    .filter((one) => one.name === metric)
    .flatMap(pointsOf)
    .filter((point) => Object.entries(attributes).every(([key, value]) => point.attributes[key] === value));
}

describe.each<Way>([
  { protocol: "grpc", temporality: "cumulative" },
  { protocol: "http/protobuf", temporality: "delta" },
  { protocol: "http/json", temporality: "cumulative" },
])("over $protocol, with $temporality metrics", ({ protocol, temporality = "cumulative" }) => {
  const name = `over-${protocol.replace("/", "-")}`;
  let scraped: ReturnType<typeof parseSamples>;

  beforeAll(async () => {
    const sidecar = await start({ protocol, temporality }, name);
    await call(sidecar, "read");
    await until(
      () => points(name, "tollgate_tool_calls_total", { tool: "read", outcome: "success" }).length > 0,
    );
    await call(sidecar, "read");
    await call(sidecar, "wipe");
    scraped = parseSamples(await (await fetch(`${sidecar.adminUrl}/metrics`)).text());
    await sidecar.stop();
  });

  it("has the spans of each call, with their attributes, and no command line", () => {
    const spans = of(collector.spans(), name);
    expect(spans.map(({ name: title, kind }) => [title, kind]).toSorted()).toEqual([
      ["tools/call read", SERVER],
      ["tools/call read", SERVER],
      ["tools/call read", CLIENT],
      ["tools/call read", CLIENT],
      ["tools/call wipe", SERVER],
    ]);
    const clients = spans.filter(({ kind }) => kind === CLIENT);
    for (const client of clients) {
      const server = spans.find(({ spanId }) => spanId === client.parentSpanId);
      expect(server).toMatchObject({ kind: SERVER, traceId: client.traceId });
    }
    expect(spans.find(({ name: title }) => title === "tools/call wipe")).toMatchObject({
      attributes: {
        "mcp.method.name": "tools/call",
        "gen_ai.tool.name": "wipe",
        "gen_ai.operation.name": "execute_tool",
        "error.type": "policy_denied",
        "network.transport": "tcp",
        "tollgate.effect": "deny",
        "tollgate.reason": "denied_by_rule",
        "tollgate.rule": "/tools/wipe/action",
      },
    });
    for (const { resource } of spans) {
      expect(resource).toMatchObject({ "service.name": name, "service.version": expect.any(String) });
      expect(Object.keys(resource).filter((key) => key.startsWith("process."))).toEqual([]);
    }
  });

  it("has the metrics of the scrape, with their names, units, attributes and kinds", () => {
    const metrics = of(collector.metrics(), name);
    const kinds = new Map(metrics.map((metric) => [metric.name, metric]));
    const own = Object.values(METRICS).filter((row) => kinds.has(row.name));
    const families = new Set(
      scraped
        .map((sample) => sample.name.replace(/_(?:bucket|sum|count)$/, ""))
        .filter((one) => /^(?:tollgate|mcp)_/.test(one)),
    );
    expect([...families].filter((family) => !kinds.has(family))).toEqual([]);
    for (const row of own) {
      const metric = kinds.get(row.name);
      const kind =
        row.type === "counter" ? metric?.sum : row.type === "gauge" ? metric?.gauge : metric?.histogram;
      expect([row.name, kind !== undefined]).toEqual([row.name, true]);
      expect([row.name, metric?.unit]).toEqual([row.name, unitOf(row.name)]);
      expect(metric?.description).toBe(row.help);
      const labels = new Set(kind?.dataPoints.flatMap(({ attributes }) => Object.keys(attributes)));
      expect([
        row.name,
        [...labels].filter((label) => label !== "server" && !row.labels.some((one) => one === label)),
      ]).toEqual([row.name, []]);
    }
    for (const { sum, histogram } of metrics) {
      const expected = temporality === "delta" ? DELTA : CUMULATIVE;
      if (sum !== undefined)
        expect(sum).toMatchObject({ isMonotonic: true, aggregationTemporality: expected });
      if (histogram !== undefined) expect(histogram.aggregationTemporality).toBe(expected);
    }
  });

  it("has the counts of the calls, by temporality", () => {
    const counts = points(name, "tollgate_tool_calls_total", { tool: "read", outcome: "success" });
    const values = counts.map(({ asDouble = 0 }) => asDouble);
    if (temporality === "delta") expect(values.reduce((sum, value) => sum + value, 0)).toBe(2);
    else expect([values[0], values.at(-1)]).toEqual([1, 2]);
    for (const { startTimeUnixNano, timeUnixNano } of counts)
      expect(BigInt(startTimeUnixNano) <= BigInt(timeUnixNano)).toBe(true);
    const durations = points(name, METRICS.serverDuration.name, { gen_ai_tool_name: "read" });
    const all = durations.map(({ count = "0" }) => Number(count));
    expect(temporality === "delta" ? all.reduce((sum, value) => sum + value, 0) : all.at(-1)).toBe(2);
    for (const { explicitBounds, bucketCounts, count } of durations) {
      expect(explicitBounds).toEqual(METRICS.serverDuration.buckets);
      expect(bucketCounts.reduce((sum, one) => sum + Number(one), 0)).toBe(Number(count));
    }
  });

  it("has no exemplars in what is pushed, as docs/opentelemetry.md says", () => {
    const all = of(collector.metrics(), name).flatMap(pointsOf);
    expect(all.flatMap(({ exemplars }) => exemplars)).toEqual([]);
  });

  it("has the audit records as logs, with the trace ids of the spans", () => {
    const logs = of(collector.logs(), name);
    const records = logs.map(({ body }) => JSON.parse(String(body)));
    expect(records.map(({ tool, effect }) => [tool, effect])).toEqual([
      ["read", "allow"],
      ["read", "allow"],
      ["wipe", "deny"],
    ]);
    const traces = new Set(of(collector.spans(), name).map(({ traceId }) => traceId));
    expect(new Set(records.map((record) => record.trace_id))).toEqual(traces);
    for (const log of logs)
      expect(log).toMatchObject({ severityNumber: 9, severityText: "INFO", eventName: "tollgate.audit" });
  });
});

describe("a collector that is away", () => {
  it.each(["grpc", "http/protobuf"] as const)(
    "over %s gets the audit records once it is back, and lost spans and points are counted",
    async (protocol) => {
      const name = `away-${protocol.replace("/", "-")}`;
      await collector.stop();
      const sidecar = await start({ protocol }, name);
      await call(sidecar, "read");
      await until(async () => {
        const text = await (await fetch(`${sidecar.adminUrl}/metrics`)).text();
        const lost = (metric: string): number =>
          parseSamples(text).find(
            (sample) =>
              sample.name === metric &&
              /^(?:unreachable|timeout)$/.test(sample.labels["cause"] ?? "") &&
              sample.value > 0,
          )?.value ?? 0;
        return (
          lost("tollgate_trace_export_failures_total") > 0 &&
          lost("tollgate_metric_export_failures_total") > 0
        );
      });
      await collector.start();
      await until(() => of(collector.logs(), name).length > 0);
      expect(of(collector.logs(), name).map(({ body }) => JSON.parse(String(body)).tool)).toContain("read");
      await sidecar.stop();
    },
  );
});

function unitOf(name: string): string {
  const [, unit = ""] = /_(seconds|bytes|ratio)(?:_total)?$/.exec(name) ?? [];
  return ({ seconds: "s", bytes: "By", ratio: "1" } as Record<string, string>)[unit] ?? "";
}
