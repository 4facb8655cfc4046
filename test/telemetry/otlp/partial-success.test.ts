/** A collector's partial success is counted and logged with its reason, for each signal and each protocol. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { openAudit } from "../../../src/telemetry/audit/audit.ts";
import { lossCauseOf } from "../../../src/telemetry/audit/audit-loss.ts";
import { createLog } from "../../../src/telemetry/logging/log.ts";
import { logExportsTo } from "../../../src/telemetry/otlp/partial-success.ts";
import { quietLogger } from "../../../src/telemetry/tracing/quiet-logger.ts";
import { startTraces } from "../../../src/telemetry/tracing/traces.ts";
import { createMetrics } from "../../../src/telemetry/metrics/metrics.ts";
import { until } from "../../fixtures/start-sidecar.ts";
import { exampleRequest, observe } from "../examples.ts";
import { openPartialReceiver, type Partial, type Protocol } from "./partial-receiver.ts";

afterEach(() => vi.unstubAllEnvs());

const PROTOCOLS = ["http/json", "http/protobuf", "grpc"] as const satisfies readonly Protocol[];

function logged() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: "info", format: "json", destination });
  return { lines, log: { warn: log.warn.bind(log), error: log.error.bind(log) } };
}

async function pointTo(protocol: Protocol, partial: Partial): Promise<Record<string, string>> {
  const url = await openPartialReceiver(protocol, partial);
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  return environment;
}

/** The losses of spans and of data points by cause, and the log. */
async function exportSignals(protocol: Protocol, partial: Partial) {
  const environment = await pointTo(protocol, partial);
  const { lines, log } = logged();
  const lost: [string, number, string][] = [];
  const traces = await startTraces({
    environment: { ...environment, OTEL_METRICS_EXPORTER: "otlp" },
    version: "0.1.0",
    upstreamTransport: "http",
    log,
    onSpansLost: (spans, cause) => lost.push(["spans", spans, cause]),
    onPointsLost: (points, cause) => lost.push(["points", points, cause]),
    metrics: createMetrics({ server: "s", version: "0", nodeVersion: "v0", agents: [] }).source,
    random: () => 0,
    now: () => 0,
  });
  if (traces) observe(traces.observer, exampleRequest());
  await traces?.shutdown();
  return { lost, lines };
}

/** The losses of audit records, and the log. */
async function exportRecord(protocol: Protocol, partial: Partial) {
  await pointTo(protocol, partial);
  const { lines, log } = logged();
  const lost: [number, string, string][] = [];
  const audit = openAudit({
    target: { kind: "otlp", protocol, version: "0" },
    server: "s",
    exportLog: quietLogger(log, () => 0, "sending audit records has a problem"),
    onDropped: (records, error) => lost.push([records, lossCauseOf(error), String(error)]),
  });
  observe(audit.observer, exampleRequest());
  await until(() => lost.length + lines.length > 0);
  await audit.close();
  return { lost, lines };
}

function expectOneLevel(lines: readonly string[]): void {
  for (const line of lines) expect(line.match(/"level":/g)).toHaveLength(1);
}

describe.each(PROTOCOLS)("over %s, a collector that takes only a part", (protocol) => {
  it("has its rejected spans and data points counted, and its reason logged", async () => {
    const { lost, lines } = await exportSignals(protocol, { rejected: 1, message: "quota exceeded" });
    expect(lost.filter(([kind]) => kind === "spans")).toEqual([["spans", 1, "rejected"]]);
    expect(lost.filter(([kind]) => kind === "points")).toContainEqual(["points", 1, "rejected"]);
    expect(lines.join("")).toMatch(/the collector rejected 1 of 2 spans: quota exceeded/);
    expect(lines.join("")).toMatch(/the collector rejected 1 of \d+ data points: quota exceeded/);
    expectOneLevel(lines);
  });

  it("has its rejected audit records counted as lost, with its reason", async () => {
    const { lost, lines } = await exportRecord(protocol, { rejected: 1, message: "quota exceeded" });
    expect(lost).toEqual([[1, "rejected", "RejectedError: rejected by the collector: quota exceeded"]]);
    expect(lines).toEqual([]);
  });

  it("loses no audit record when it only warns, and its warning is logged", async () => {
    const { lost, lines } = await exportRecord(protocol, { rejected: 0, message: "slow down" });
    expect(lost).toEqual([]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: "warn",
        msg: "sending audit records has a problem",
        detail: "the collector took the records with a warning: slow down",
      },
    ]);
    expectOneLevel(lines);
  });
});

describe("a count of rejected records", () => {
  it("is never more than were sent, and has a reason where the collector gives none", async () => {
    const { lost } = await exportRecord("http/json", { rejected: 99, message: "" });
    expect(lost).toEqual([
      [1, "rejected", "RejectedError: rejected by the collector: the collector gives no reason"],
    ]);
  });
});

describe("the log of the SDK", () => {
  it("goes to tracing while that exports, and else to the audit log", async () => {
    const { diag } = await import("@opentelemetry/api");
    const lines: string[] = [];
    const logger = (name: string) =>
      quietLogger(
        { warn: ({ detail }) => lines.push(`${name}: ${String(detail)}`), error: () => undefined },
        () => 0,
      );
    const endAudit = logExportsTo("audit", logger("audit"));
    diag.warn("a");
    const endTracing = logExportsTo("tracing", logger("tracing"));
    diag.warn("b");
    endTracing();
    diag.warn("c");
    endAudit();
    diag.warn("d");
    expect(lines).toEqual(["audit: a", "tracing: b", "audit: c"]);
  });
});
