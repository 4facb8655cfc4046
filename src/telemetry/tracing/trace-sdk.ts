/**
 * The OpenTelemetry SDK, for traces and for metrics that are pushed; loaded only by `traces.ts`, and only when an exporter is configured.
 *
 * Measured on sdk-node 0.301: it logs to stdout, which breaks stdio; its default resource exports the command line,
 * secrets included; without metric readers and log processors it calls localhost:4318 for both; importing it costs
 * 47 MB and 0.2 s.
 */

import { context, logs, metrics, SamplingDecision, trace } from "@opentelemetry/api";
import type { DiagLogger, Tracer } from "@opentelemetry/api";
import {
  defaultResource,
  envDetector,
  type Resource,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from "@opentelemetry/resources";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { countLoggedLosses, type OnLost, reportExportEnd } from "./lost-spans.ts";
import { logExportsTo } from "../otlp/partial-success.ts";
import type { MetricSource } from "../metrics/metrics.ts";
import {
  createMetricReaders,
  createSpanExporters,
  type MetricReaders,
  type SpanExporter,
} from "./otel-exporters.ts";
import type { OtelSettings } from "./otel-settings.ts";

export interface SdkOptions {
  readonly otel: OtelSettings;
  readonly version: string;
  readonly logger: DiagLogger;
  /** Called with the number of spans that will not reach the collector, and why. */
  readonly onSpansLost: OnLost;
  /** The same of data points of metrics. */
  readonly onPointsLost: OnLost;
  /** The metrics that are pushed where metrics have an exporter. */
  readonly metrics: MetricSource;
}

export interface TraceSdk {
  readonly tracer: Tracer;
  /** Exports pending spans and metrics and ends the SDK; unbounded when the collector does not respond. */
  readonly shutdown: () => Promise<void>;
}

export async function startTraceSdk(options: SdkOptions): Promise<TraceSdk> {
  const exporters = (await createSpanExporters(options.otel)).map((each) => watchExports(each, options));
  const resource = resourceOf(options.version);
  const readers = await createMetricReaders({ ...options, resource });
  const endLog = logExportsTo("tracing", countLoggedLosses(options.logger, options.onSpansLost));
  const sdk = withEnvironment(() => {
    const made = createSdk(exporters, readers, resource);
    made.start();
    return made;
  });
  return { tracer: trace.getTracer("mcp-tollgate", options.version), shutdown: () => stop(sdk, endLog) };
}

function createSdk(exporters: readonly SpanExporter[], readers: MetricReaders, resource: Resource): NodeSDK {
  return new NodeSDK({
    ...(exporters.length === 0 ? { spanProcessors: [] } : { traceExporter: sendToAll(exporters) }),
    sampler: {
      shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED }),
      toString: () => "tollgate",
    },
    resource,
    // Security: never the process detector, which exports the command line.
    resourceDetectors: [envDetector, serviceInstanceIdDetector],
    textMapPropagator: null,
    metricReaders: readers,
    logRecordProcessors: [],
    instrumentations: [],
  });
}

function resourceOf(version: string): Resource {
  return defaultResource().merge(
    resourceFromAttributes({ "service.name": "tollgate", "service.version": version }),
  );
}

// A batch is serialised in one turn of the event loop, which delays every call: 15 ms for the SDK's default of 512 spans.
const SMALL_BATCHES = { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "64", OTEL_BSP_SCHEDULE_DELAY: "250" };

/** Starts the SDK, which reads process.env, with smaller batches and without OTEL_LOG_LEVEL, which would replace our logger by one that writes to stdout. */
function withEnvironment(start: () => NodeSDK): NodeSDK {
  const before = { ...process.env };
  const missing = Object.entries(SMALL_BATCHES).filter(([name]) => before[name] === undefined);
  for (const [name, value] of missing) process.env[name] = value;
  delete process.env["OTEL_LOG_LEVEL"];
  try {
    return start();
  } finally {
    for (const [name] of missing) delete process.env[name];
    if (before["OTEL_LOG_LEVEL"] !== undefined) process.env["OTEL_LOG_LEVEL"] = before["OTEL_LOG_LEVEL"];
  }
}

async function stop(sdk: NodeSDK, endLog: () => void): Promise<void> {
  try {
    await sdk.shutdown();
  } finally {
    // Also after a failed export: a registered API would ignore the next SDK.
    for (const api of [trace, context, metrics, logs]) api.disable();
    endLog();
  }
}

const EXPORTED = 0;

/** Reports the spans that each export lost. */
function watchExports(exporter: SpanExporter, { onSpansLost, logger }: SdkOptions): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        reportExportEnd({ noun: "spans", sent: spans.length, result }, logger, onSpansLost);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

/** One exporter that sends to all; an export has failed when one of them failed. */
function sendToAll([first, ...others]: readonly SpanExporter[]): SpanExporter {
  if (first === undefined) throw new TypeError("an exporter is needed");
  if (others.length === 0) return first;
  const all = [first, ...others];
  return {
    export: (spans, done) => {
      let pending = all.length;
      let result: Parameters<typeof done>[0] = { code: EXPORTED };
      const onDone: typeof done = (one) => {
        if (one.code !== EXPORTED) result = one;
        pending -= 1;
        if (pending === 0) done(result);
      };
      for (const exporter of all) exporter.export(spans, onDone);
    },
    shutdown: async () => void (await Promise.all(all.map((exporter) => exporter.shutdown()))),
    forceFlush: async () => void (await Promise.all(all.map((exporter) => exporter.forceFlush?.()))),
  };
}
