/** Traces: one SERVER and one CLIENT span for each request that is sampled, and nothing loaded where none is wanted. */

import type { DiagLogger, Span, SpanContext } from "@opentelemetry/api";
import type { Ending, Observer, Propagate } from "../../enforcement/observer.ts";
import type { Request } from "../../enforcement/request.ts";
import type { Transport } from "../../mcp/vocabulary.ts";
import { createLogSampler } from "../logging/log-sampling.ts";
import { setOutcomeAttributes, setDecisionAttributes, startClientSpan, startServerSpan } from "./spans.ts";
import { formatTraceContext, parseTraceContext } from "./trace-context.ts";
import { createSampler, readSampling, type Environment, type Sampler } from "./trace-sampling.ts";
import type { TraceSdk } from "./trace-sdk.ts";

export interface TraceOptions {
  /** The process's own: OTEL_* is honoured. */
  readonly environment: Environment;
  /** From the settings: base address of an OTLP collector; beats the environment's. */
  readonly endpoint?: string;
  /** From the settings: share of requests that are recorded; beats the environment's. */
  readonly ratio?: number;
  readonly version: string;
  readonly upstreamTransport: Transport;
  /** Hears of what the SDK has to say, at most a few times a minute. */
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  /** So many spans were lost: refused by the collector, or more than could wait for it. */
  readonly onSpansLost: (spans: number) => void;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Milliseconds since the epoch, fractions included. */
  readonly now: () => number;
}

export interface Traces {
  readonly observer: Observer;
  /** The CLIENT span's context; undefined when the request is not sampled: what it came with then passes as it is. */
  readonly propagate: Propagate;
  /** Of a sampled request, for exemplars; remains valid after its end. */
  readonly traceIdOf: (request: Request) => string | undefined;
  /** Exports what is left, for 3 seconds at most. */
  readonly shutdown: () => Promise<void>;
}

/** Whether an OTLP exporter is configured. `OTEL_TRACES_EXPORTER=console` is none: it would write to stdout. */
export function isTracingConfigured(environment: Environment, endpoint?: string): boolean {
  if (environment["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return false;
  if (environment["OTEL_TRACES_EXPORTER"]?.split(",").includes("none")) return false;
  const configured =
    endpoint ||
    environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] ||
    environment["OTEL_EXPORTER_OTLP_ENDPOINT"];
  return Boolean(configured);
}

/** Undefined when no exporter is configured, and then nothing of the SDK is loaded; or when it cannot be started. */
export async function startTraces(options: TraceOptions): Promise<Traces | undefined> {
  if (!isTracingConfigured(options.environment, options.endpoint)) return undefined;
  try {
    const { startTraceSdk: startSdk } = await import("./trace-sdk.ts");
    const sdk = await startSdk({ ...options, logger: quietLogger(options) });
    const sample = createSampler(readSampling(options.environment, options.ratio), options.random);
    return traceRequests(sdk, sample, options);
  } catch (error) {
    // Observing fails open: a wrong address of a collector is no reason not to guard.
    options.warn({ err: error }, "tracing could not be started");
    return undefined;
  }
}

interface Traced {
  readonly server: Span;
  client?: { readonly span: Span; readonly startMs: number };
}

type Traceable = Pick<TraceOptions, "now" | "upstreamTransport">;

function traceRequests(sdk: TraceSdk, sample: Sampler, options: Traceable): Traces {
  // Weak, so that a request whose end is never told leaks nothing, and its trace id outlives its spans.
  const traced = new WeakMap<Request, Traced>();
  return {
    observer: {
      requestStarted: (request) => {
        const parentage = parentageOf(request);
        if (!sample(parentage.parent)) return;
        traced.set(request, { server: startServerSpan(sdk.tracer, request, parentage) });
      },
      requestJudged: (request, judgement) => {
        const spans = traced.get(request);
        if (spans !== undefined) setDecisionAttributes(spans.server, judgement);
      },
      ...observeUpstream(sdk, traced, options),
    },
    propagate: (request) => {
      const context = traced.get(request)?.client?.span.spanContext();
      return context && formatTraceContext(context);
    },
    traceIdOf: (request) => traced.get(request)?.server.spanContext().traceId,
    shutdown: () => withinDeadline(sdk.shutdown()),
  };
}

function observeUpstream(
  sdk: TraceSdk,
  traced: WeakMap<Request, Traced>,
  { now, upstreamTransport }: Traceable,
): Pick<Observer, "requestSent" | "requestEnded"> {
  return {
    requestSent: (request) => {
      const spans = traced.get(request);
      if (spans === undefined || spans.client !== undefined) return;
      const startMs = now();
      const at = { startMs, transport: upstreamTransport };
      spans.client = { span: startClientSpan(sdk.tracer, spans.server, request, at), startMs };
    },
    requestEnded: (request, ending) => {
      const spans = traced.get(request);
      if (spans !== undefined) endSpans(spans, request, ending, now);
    },
  };
}

function endSpans({ server, client }: Traced, request: Request, ending: Ending, now: () => number): void {
  if (client !== undefined) {
    setOutcomeAttributes(client.span, ending);
    client.span.end(ending.upstreamMs === undefined ? now() : client.startMs + ending.upstreamMs);
  }
  setOutcomeAttributes(server, ending);
  server.end(request.receivedAtMs + ending.totalMs);
}

/** `_meta` names the parent and the HTTP header becomes a link; without `_meta` the header names the parent. */
function parentageOf(request: Request): {
  readonly parent: SpanContext | undefined;
  readonly link: SpanContext | undefined;
} {
  const meta = parseTraceContext(request.metaTrace);
  const header = parseTraceContext(request.headerTrace);
  return meta === undefined ? { parent: header, link: undefined } : { parent: meta, link: header };
}

const SHUTDOWN_MS = 3000;

async function withinDeadline(shutdown: Promise<void>): Promise<void> {
  const { promise: deadline, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, SHUTDOWN_MS);
  // What could not be exported was counted and logged; a collector's trouble is no reason to fail the shutdown.
  await Promise.race([shutdown.catch(() => undefined), deadline]);
  clearTimeout(timer);
}

const MESSAGES_PER_MINUTE = 3;

function quietLogger({ warn, now }: TraceOptions): DiagLogger {
  const limit = createLogSampler(MESSAGES_PER_MINUTE, now);
  const say = (level: string) => (detail: string) => {
    const suppressed = limit.admit(level);
    if (suppressed !== undefined)
      warn({ level, detail: String(detail).slice(0, 500), suppressed }, "tracing has a problem");
  };
  return { error: say("error"), warn: say("warn"), info: ignore, debug: ignore, verbose: ignore };
}

function ignore(): void {}
