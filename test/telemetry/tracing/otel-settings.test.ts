/** Every OTEL_* variable: honoured, or a start error; never taken and ignored. */

import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { readOtelSettings } from "../../../src/telemetry/tracing/otel-settings.ts";

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };

describe("where spans go", () => {
  it.each<[string, Record<string, string>, readonly string[]]>([
    ["nothing", {}, []],
    ["an empty endpoint", { OTEL_EXPORTER_OTLP_ENDPOINT: "" }, []],
    ["an endpoint", ENDPOINT, ["otlp"]],
    ["an endpoint for traces", { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1/x" }, ["otlp"]],
    ["an endpoint for metrics", { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://127.0.0.1/x" }, []],
    ["a disabled SDK", { ...ENDPOINT, OTEL_SDK_DISABLED: "true" }, []],
    ["no exporter", { ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" }, []],
    ["the console alone, beside an endpoint", { ...ENDPOINT, OTEL_TRACES_EXPORTER: "console" }, ["console"]],
    ["both", { OTEL_TRACES_EXPORTER: "console, otlp" }, ["otlp", "console"]],
    ["an empty list", { ...ENDPOINT, OTEL_TRACES_EXPORTER: " " }, ["otlp"]],
    ["none among others", { OTEL_TRACES_EXPORTER: "otlp,none" }, []],
  ])("is as the specification has it, with %s", (_what, environment, exporters) => {
    expect(readOtelSettings(environment)).toMatchObject({ settings: { traces: exporters }, problems: [] });
  });
});

describe("where metrics are pushed to", () => {
  it.each<[Record<string, string>, readonly string[]]>([
    [ENDPOINT, []],
    [{ OTEL_METRICS_EXPORTER: "otlp" }, ["otlp"]],
    [{ OTEL_METRICS_EXPORTER: "prometheus" }, []],
    [{ OTEL_METRICS_EXPORTER: "prometheus,otlp,console" }, ["otlp", "console"]],
    [{ OTEL_METRICS_EXPORTER: "none" }, []],
    [{ OTEL_METRICS_EXPORTER: "otlp", OTEL_SDK_DISABLED: "TRUE" }, []],
  ])("is nowhere but where it is asked for: %j", (environment, exporters) => {
    expect(readOtelSettings(environment)).toMatchObject({ settings: { metrics: exporters }, problems: [] });
  });

  it("has a protocol, an interval and a timeout of its own", () => {
    const { settings } = readOtelSettings({
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/json",
      OTEL_METRIC_EXPORT_INTERVAL: "300",
    });
    expect(settings).toMatchObject({
      tracesProtocol: "grpc",
      metricsProtocol: "http/json",
      metricIntervalMs: 300,
      metricTimeoutMs: 30_000,
    });
  });
});

describe("a variable that cannot be honoured", () => {
  it.each([
    ["OTEL_TRACES_SAMPLER", "jaeger_remote"],
    ["OTEL_TRACES_SAMPLER", "xray"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "http/thrift"],
    ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "thrift"],
    ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http"],
    ["OTEL_TRACES_EXPORTER", "zipkin"],
    ["OTEL_METRICS_EXPORTER", "otpl"],
    ["OTEL_LOGS_EXPORTER", "otlp"],
    ["OTEL_LOGS_EXPORTER", "console"],
    ["OTEL_PROPAGATORS", "jaeger"],
    ["OTEL_PROPAGATORS", "tracecontext,ottrace"],
    ["OTEL_SDK_DISABLED", "yes"],
    ["OTEL_BSP_MAX_QUEUE_SIZE", "many"],
    ["OTEL_METRIC_EXPORT_INTERVAL", "0"],
    ["OTEL_EXPORTER_OTLP_TIMEOUT", "10s"],
    ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "gauge"],
    ["OTEL_CONFIG_FILE", "/etc/otel.yaml"],
    ["OTEL_EXPORTER_PROMETHEUS_PORT", "9464"],
    ["OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://x"],
  ])("is a start error: %s=%s", (name, value) => {
    const { problems } = readOtelSettings({ [name]: value });
    expect(problems).toEqual([expect.stringContaining(`${name}: `)]);
  });

  it("is a start error for a ratio that is none, where the sampler reads it", () => {
    const ratio = { OTEL_TRACES_SAMPLER_ARG: "2" };
    expect(readOtelSettings(ratio).problems).toEqual([]);
    expect(readOtelSettings({ ...ratio, OTEL_TRACES_SAMPLER: "traceidratio" }).problems).toHaveLength(1);
  });

  it("does not matter where the SDK is disabled", () => {
    expect(readOtelSettings({ OTEL_SDK_DISABLED: "true", OTEL_TRACES_SAMPLER: "x" }).problems).toEqual([]);
  });
});

describe("docs/opentelemetry.md", () => {
  const page = readFileSync("docs/opentelemetry.md", "utf8");
  const source = readFileSync("src/telemetry/tracing/otel-settings.ts", "utf8");

  it("lists every variable that the code names", () => {
    const named = new Set(source.match(/OTEL_[A-Z_]+[A-Z]/g));
    expect([...named].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
