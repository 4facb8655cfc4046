/** The exporters of spans and metrics that the settings name; each is loaded only when it is used. */

import type { DiagLogger } from "@opentelemetry/api";
import type { NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import type { Resource } from "@opentelemetry/resources";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { MetricSource } from "../metrics/metrics.ts";
import { type OnLost, reportExportEnd } from "./lost-spans.ts";
import type { OtelSettings } from "./otel-settings.ts";

export type SpanExporter = NodeSDKConfiguration["traceExporter"];
export type MetricReaders = NonNullable<NodeSDKConfiguration["metricReaders"]>;

export function createSpanExporters({ traces, tracesProtocol }: OtelSettings): Promise<SpanExporter[]> {
  return Promise.all(
    traces.map(async (name): Promise<SpanExporter> => {
      if (name === "console") {
        const { ConsoleSpanExporter } = await import("@opentelemetry/sdk-trace");
        return new ConsoleSpanExporter();
      }
      return otlpSpanExporter(tracesProtocol);
    }),
  );
}

async function otlpSpanExporter(protocol: OtelSettings["tracesProtocol"]): Promise<SpanExporter> {
  switch (protocol) {
    case "grpc": {
      const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-grpc");
      return new OTLPTraceExporter();
    }
    case "http/json": {
      const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http");
      return new OTLPTraceExporter();
    }
    case "http/protobuf": {
      const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-proto");
      return new OTLPTraceExporter();
    }
  }
}

interface ReaderOptions {
  readonly otel: OtelSettings;
  readonly metrics: MetricSource;
  readonly resource: Resource;
  readonly version: string;
  readonly logger: DiagLogger;
  readonly onPointsLost: OnLost;
}

/** Points in one request; a request is serialised in one turn of the event loop, which delays every call. */
const MAX_POINTS = 500;

/** One reader of the SDK for each exporter, which collects our metrics beside the SDK's own, of which there are none. */
export async function createMetricReaders(options: ReaderOptions): Promise<MetricReaders> {
  const { metrics: names, metricsProtocol, metricIntervalMs, metricTimeoutMs } = options.otel;
  if (names.length === 0) return [];
  const { AggregationTemporality, ConsoleMetricExporter, PeriodicExportingMetricReader } =
    await import("@opentelemetry/sdk-metrics");
  const { createMetricProducer } = await import("../metrics/metric-producer.ts");
  const createReader = async (name: (typeof names)[number]): Promise<MetricReaders[number]> => {
    const exporter: PushMetricExporter =
      name === "console" ? new ConsoleMetricExporter() : await otlpMetricExporter(metricsProtocol);
    const producer = createMetricProducer({
      source: options.metrics,
      resource: options.resource,
      version: options.version,
      temporalityOf: (instrument) =>
        exporter.selectAggregationTemporality?.(instrument) ?? AggregationTemporality.CUMULATIVE,
      nowMs: Date.now,
    });
    return new PeriodicExportingMetricReader({
      exporter: watchPushes(exporter, options),
      metricProducers: [producer],
      exportIntervalMillis: metricIntervalMs,
      exportTimeoutMillis: Math.min(metricTimeoutMs, metricIntervalMs),
      maxExportBatchSize: MAX_POINTS,
    });
  };
  return Promise.all(names.map(createReader));
}

/** Reports the data points that each push lost; those of cumulative sums come again with the next one. */
function watchPushes(
  exporter: PushMetricExporter,
  { logger, onPointsLost }: ReaderOptions,
): PushMetricExporter {
  const pushed = exporter.export.bind(exporter);
  exporter.export = (data, done) => {
    const metrics = data.scopeMetrics.flatMap((scope) => scope.metrics);
    const sent = metrics.reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
    pushed(data, (result) => {
      reportExportEnd({ noun: "data points", sent, result }, logger, onPointsLost);
      done(result);
    });
  };
  return exporter;
}

async function otlpMetricExporter(protocol: OtelSettings["metricsProtocol"]): Promise<PushMetricExporter> {
  switch (protocol) {
    case "grpc": {
      const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-grpc");
      return new OTLPMetricExporter();
    }
    case "http/json": {
      const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-http");
      return new OTLPMetricExporter();
    }
    case "http/protobuf": {
      const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-proto");
      return new OTLPMetricExporter();
    }
  }
}
