/** Metrics that are pushed by OpenTelemetry's own reader: the names, labels and values of the scrape. */

import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseSamples } from "../../../src/commands/demo/samples.ts";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics/metrics.ts";
import { startTraces, type Traces } from "../../../src/telemetry/tracing/traces.ts";
import { freePorts } from "../../fixtures/free-port.ts";
import { exampleRequest, observe } from "../examples.ts";

interface Point {
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
  readonly asDouble?: number;
  readonly sum?: number;
  readonly count?: number;
  readonly bucketCounts?: readonly number[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

interface PushedMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: {
    readonly dataPoints: readonly Point[];
    readonly aggregationTemporality: number;
    readonly isMonotonic: boolean;
  };
  readonly gauge?: { readonly dataPoints: readonly Point[] };
  readonly histogram?: { readonly dataPoints: readonly Point[]; readonly aggregationTemporality: number };
}

let server: Server;
let pushes: PushedMetric[][];
let paths: Set<string>;
let metrics: Metrics;

beforeEach(async () => {
  pushes = [];
  paths = new Set();
  metrics = createMetrics({ server: "s", version: "0", nodeVersion: "v0", agents: ["planner"] });
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      paths.add(request.url ?? "");
      const body = JSON.parse(Buffer.concat(parts).toString());
      for (const { scopeMetrics } of body.resourceMetrics)
        for (const scope of scopeMetrics) pushes.push(scope.metrics);
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  const [port] = await freePorts(1);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${port}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

async function start(variables: Readonly<Record<string, string>> = {}): Promise<Traces> {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const traces = await startTraces({
    environment: {
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_METRIC_EXPORT_INTERVAL: "100",
      ...variables,
    },
    version: "0.1.0",
    upstreamTransport: "http",
    log: { warn: () => undefined, error: () => undefined },
    onSpansLost: () => undefined,
    onPointsLost: () => undefined,
    metrics: metrics.source,
    random: () => 0,
    now: Date.now,
  });
  if (traces === undefined) throw new Error("nothing was started");
  return traces;
}

function pointsOf({ sum, gauge, histogram }: PushedMetric): readonly Point[] {
  return (sum ?? gauge ?? histogram)?.dataPoints ?? [];
}

function labelsOf({ attributes }: Point): string {
  return JSON.stringify(attributes.map(({ key, value }) => [key, value.stringValue]).toSorted());
}

/** All pushed values of a metric, by labels, in the order of their pushes. */
function pushed(name: string): readonly Point[] {
  return pushes
    .flat()
    .filter((metric) => metric.name === name)
    .flatMap(pointsOf);
}

describe("metrics that are pushed", () => {
  it("have the names, labels and values of the scrape", async () => {
    const traces = await start({ OTEL_TRACES_EXPORTER: "none" });
    observe(metrics.observer, exampleRequest());
    await traces.shutdown();
    expect(paths).toEqual(new Set(["/v1/metrics"]));
    const text = (await metrics.render(undefined)).body;
    const scraped = parseSamples(text).filter(({ name }) => /^(?:tollgate|mcp)_/.test(name));
    for (const sample of scraped.filter(({ name }) => !/_(?:bucket|sum|count)$/.test(name))) {
      const labels = JSON.stringify(Object.entries(sample.labels).toSorted());
      const point = pushed(sample.name).findLast((each) => labelsOf(each) === labels);
      expect([sample.name, labels, point?.asDouble]).toEqual([sample.name, labels, sample.value]);
    }
    const histograms = scraped.filter(({ name }) => name.endsWith("_count"));
    expect(histograms.length).toBeGreaterThan(0);
    for (const sample of histograms) {
      const labels = JSON.stringify(Object.entries(sample.labels).toSorted());
      const point = pushed(sample.name.replace(/_count$/, "")).findLast((each) => labelsOf(each) === labels);
      expect([sample.name, point?.count]).toEqual([sample.name, sample.value]);
    }
    expect(pushed("process_resident_memory_bytes")).not.toEqual([]);
    expect(pushed("nodejs_gc_duration_seconds_count").length).toBeGreaterThanOrEqual(0);
  });

  it("have their units, and no call is a span", async () => {
    const traces = await start({ OTEL_TRACES_EXPORTER: "none" });
    const request = exampleRequest();
    observe(traces.observer, request);
    expect(traces.traceIdOf(request)).toBeUndefined();
    await traces.shutdown();
    const units = new Map(pushes.flat().map(({ name, unit }) => [name, unit]));
    expect(units.get("mcp_server_operation_duration_seconds") ?? "s").toBe("s");
    expect(units.get("tollgate_tool_calls_total") ?? "").toBe("");
    expect(units.get("process_resident_memory_bytes")).toBe("By");
  });

  it.each([
    ["cumulative", 2, [1, 3]],
    ["delta", 1, [1, 2]],
  ])("are %s where that is preferred", async (preference, temporality, values) => {
    const traces = await start({
      OTEL_TRACES_EXPORTER: "none",
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: preference,
    });
    const name = "tollgate_audit_dropped_total";
    const seen = (): number[] => pushed(name).map(({ asDouble = 0 }) => asDouble);
    metrics.auditDropped(1, "other");
    await vi.waitUntil(() => seen().includes(values[0] ?? 0), { timeout: 60_000 });
    metrics.auditDropped(2, "other");
    await vi.waitUntil(() => seen().includes(values[1] ?? 0), { timeout: 60_000 });
    await traces.shutdown();
    const sums = pushes.flat().filter((metric) => metric.name === name);
    expect(sums[0]?.sum).toMatchObject({ aggregationTemporality: temporality, isMonotonic: true });
    if (preference === "delta") expect(seen().reduce((sum, value) => sum + value, 0)).toBe(3);
    for (const { startTimeUnixNano, timeUnixNano } of pushed(name))
      expect(BigInt(startTimeUnixNano) <= BigInt(timeUnixNano)).toBe(true);
  });
});
