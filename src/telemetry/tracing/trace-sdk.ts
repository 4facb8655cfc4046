/**
 * The OpenTelemetry SDK, restricted to traces; loaded only by `traces.ts`, and only when an exporter is configured.
 *
 * Measured on sdk-node 0.301: it logs to stdout, which breaks stdio; its default resource exports the command line,
 * secrets included; without metric readers and log processors it calls localhost:4318 for both; importing it costs
 * 47 MB and 0.2 s.
 */

import { context, diag, DiagLogLevel, logs, metrics, SamplingDecision, trace } from "@opentelemetry/api";
import type { DiagLogger, Tracer } from "@opentelemetry/api";
import {
  defaultResource,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from "@opentelemetry/resources";
import { NodeSDK, type NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import { causeOf, countLoggedLosses, type OnSpansLost } from "./lost-spans.ts";
import type { Environment } from "./trace-sampling.ts";

type Exporter = NodeSDKConfiguration["traceExporter"];

export interface SdkOptions {
  readonly environment: Environment;
  readonly version: string;
  readonly logger: DiagLogger;
  /** Called with the number of spans that will not reach the collector, and why. */
  readonly onSpansLost: OnSpansLost;
}

export interface TraceSdk {
  readonly tracer: Tracer;
  /** Exports pending spans and ends the SDK; unbounded when the collector does not respond. */
  readonly shutdown: () => Promise<void>;
}

export async function startTraceSdk(options: SdkOptions): Promise<TraceSdk> {
  const exporter = watchExports(await createExporter(options), options);
  diag.setLogger(countLoggedLosses(options.logger, options.onSpansLost), { logLevel: DiagLogLevel.WARN });
  const sdk = withEnvironment(() => {
    const made = createSdk(options, exporter);
    made.start();
    return made;
  });
  return { tracer: trace.getTracer("mcp-tollgate", options.version), shutdown: () => stop(sdk) };
}

function createSdk(options: SdkOptions, exporter: Exporter): NodeSDK {
  return new NodeSDK({
    traceExporter: exporter,
    sampler: {
      shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED }),
      toString: () => "tollgate",
    },
    resource: defaultResource().merge(
      resourceFromAttributes({ "service.name": "tollgate", "service.version": options.version }),
    ),
    // Security: never the process detector, which exports the command line.
    resourceDetectors: [envDetector, serviceInstanceIdDetector],
    textMapPropagator: null,
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
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

async function stop(sdk: NodeSDK): Promise<void> {
  try {
    await sdk.shutdown();
  } finally {
    // Also after a failed export: a registered API would ignore the next SDK.
    for (const api of [trace, context, metrics, logs, diag]) api.disable();
  }
}

async function createExporter({ environment }: SdkOptions): Promise<Exporter> {
  const protocol =
    environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] ?? environment["OTEL_EXPORTER_OTLP_PROTOCOL"] ?? "";
  if (protocol.trim() === "grpc") {
    const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-grpc");
    return new OTLPTraceExporter();
  }
  const { OTLPTraceExporter } =
    protocol.trim() === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter();
}

const EXPORTED = 0;

/** Reports the spans of each failed export. */
function watchExports(exporter: Exporter, { onSpansLost, logger }: SdkOptions): Exporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.code !== EXPORTED) {
          onSpansLost(spans.length, causeOf(result.error));
          // The SDK logs nothing of an export that fails while it shuts down.
          logger.warn(`${spans.length} spans were not exported:`, result.error);
        }
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
