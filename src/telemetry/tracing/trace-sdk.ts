/**
 * The OpenTelemetry SDK, held on a short lead: loaded by `traces.ts` alone and only when an exporter is configured.
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
import type { Environment } from "./trace-sampling.ts";

type Exporter = NodeSDKConfiguration["traceExporter"];

export interface SdkOptions {
  readonly environment: Environment;
  /** Base address of the collector, as OTEL_EXPORTER_OTLP_ENDPOINT means it; absent: the environment's. */
  readonly endpoint?: string;
  readonly version: string;
  readonly logger: DiagLogger;
  /** So many spans will never reach the collector. */
  readonly onSpansLost: (spans: number) => void;
}

export interface TraceSdk {
  readonly tracer: Tracer;
  /** Flushes and ends; may take as long as the collector lets it. */
  readonly shutdown: () => Promise<void>;
}

export async function startTraceSdk(options: SdkOptions): Promise<TraceSdk> {
  const exporter = watchExports(await createExporter(options), options.onSpansLost);
  diag.setLogger(hearOfDroppedSpans(options), { logLevel: DiagLogLevel.WARN });
  const sdk = inOurEnvironment(() => {
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
      toString: () => "ours",
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

// A batch is written down in one turn of the event loop, and every call waits for it: the 512 spans of the SDK's own default take 15 ms.
const SMALL_BATCHES = { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "64", OTEL_BSP_SCHEDULE_DELAY: "250" };

/** The SDK reads the process's environment as it starts; with OTEL_LOG_LEVEL it replaces our logger by one that writes to stdout. */
function inOurEnvironment(start: () => NodeSDK): NodeSDK {
  const theirs = { ...process.env };
  const missing = Object.entries(SMALL_BATCHES).filter(([name]) => theirs[name] === undefined);
  for (const [name, value] of missing) process.env[name] = value;
  delete process.env["OTEL_LOG_LEVEL"];
  try {
    return start();
  } finally {
    for (const [name] of missing) delete process.env[name];
    if (theirs["OTEL_LOG_LEVEL"] !== undefined) process.env["OTEL_LOG_LEVEL"] = theirs["OTEL_LOG_LEVEL"];
  }
}

async function stop(sdk: NodeSDK): Promise<void> {
  try {
    await sdk.shutdown();
  } finally {
    // Also when the last export failed: what stays registered would keep the next start from being heard.
    for (const api of [trace, context, metrics, logs, diag]) api.disable();
  }
}

/** The SDK tells of spans that found its queue full in its log alone, once there is room again. */
const DROPPED = /^Dropped (\d+) spans because maxQueueSize reached/;

function hearOfDroppedSpans({ logger, onSpansLost }: SdkOptions): DiagLogger {
  const warn = (text: string): void => {
    const dropped = Number(DROPPED.exec(String(text))?.[1] ?? 0);
    if (dropped > 0) onSpansLost(dropped);
    logger.warn(text);
  };
  return { ...logger, warn };
}

async function createExporter({ environment, endpoint }: SdkOptions): Promise<Exporter> {
  const protocol =
    environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] ?? environment["OTEL_EXPORTER_OTLP_PROTOCOL"] ?? "";
  if (protocol.trim() === "grpc") {
    const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-grpc");
    return new OTLPTraceExporter(endpoint === undefined ? {} : { url: endpoint });
  }
  const config = endpoint === undefined ? {} : { url: `${endpoint.replace(/\/+$/, "")}/v1/traces` };
  const { OTLPTraceExporter } =
    protocol.trim() === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter(config);
}

const EXPORTED = 0;

function watchExports(exporter: Exporter, onSpansLost: SdkOptions["onSpansLost"]): Exporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.code !== EXPORTED) onSpansLost(spans.length);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
