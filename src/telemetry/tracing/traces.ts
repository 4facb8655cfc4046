/** Traces: one SERVER and one CLIENT span for each sampled request; the SDK is loaded only when an exporter is configured. */

import type { Span, SpanContext } from "@opentelemetry/api";
import type { Ending, Observer, Propagate } from "../../enforcement/observer.ts";
import type { Request } from "../../enforcement/request.ts";
import type { Transport } from "../../mcp/vocabulary.ts";
import type { OnLost } from "./lost-spans.ts";
import { quietLogger, type TraceLog } from "./quiet-logger.ts";
import {
  setOutcomeAttributes,
  setDecisionAttributes,
  spanUpstream,
  startClientSpan,
  startServerSpan,
} from "./spans.ts";
import { formatTraceContext, parseTraceContext } from "./trace-context.ts";
import type { MetricSource } from "../metrics/metrics.ts";
import { type Environment, readOtelSettings } from "./otel-settings.ts";
import { createSampler, readSampling, type Sampler } from "./trace-sampling.ts";
import type { TraceSdk } from "./trace-sdk.ts";

export interface TraceOptions {
  /** Environment variables; OTEL_* configures tracing. */
  readonly environment: Environment;
  readonly version: string;
  readonly upstreamTransport: Transport;
  /** Absent for a server over stdio. */
  readonly upstreamUrl?: URL | undefined;
  /** Logs problems of the SDK; called a few times a minute at most. */
  readonly log: TraceLog;
  /** Called with the number of spans that were lost, and why. */
  readonly onSpansLost: OnLost;
  /** Called with the number of data points of pushed metrics that were lost, and why. */
  readonly onPointsLost: OnLost;
  /** The metrics that are pushed where metrics have an exporter. */
  readonly metrics: MetricSource;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Milliseconds since the epoch, fractions included. */
  readonly now: () => number;
}

export interface Traces {
  readonly observer: Observer;
  /** The CLIENT span's context; undefined when the request is not sampled, whose own context is then forwarded unchanged. */
  readonly propagate: Propagate;
  /** The trace id of a sampled request, also after the request has ended. */
  readonly traceIdOf: (request: Request) => string | undefined;
  /** Exports pending spans, for 3 seconds at most. */
  readonly shutdown: () => Promise<void>;
}

/** Undefined when no exporter of spans or metrics is configured, or when the SDK cannot be started. */
export async function startTraces(options: TraceOptions): Promise<Traces | undefined> {
  const { environment, random, log, now } = options;
  try {
    const { settings: otel } = readOtelSettings(environment);
    if (otel.traces.length === 0 && otel.metrics.length === 0) return undefined;
    const { startTraceSdk: startSdk } = await import("./trace-sdk.ts");
    const sdk = await startSdk({ ...options, otel, logger: quietLogger(log, now) });
    const isTraced = otel.traces.length > 0;
    const sample = isTraced ? createSampler(readSampling(environment), random) : () => false;
    const isPropagated = otel.propagators.some((form) => form !== "baggage");
    return traceRequests(sdk, sample, { ...options, isPropagated });
  } catch (error) {
    // Fails open: without traces, calls are still decided.
    log.warn({ err: error }, "tracing could not be started");
    return undefined;
  }
}

interface RequestSpans {
  readonly server: Span;
  client?: { readonly span: Span; readonly startMs: number };
}

interface Traceable extends Pick<TraceOptions, "now" | "upstreamTransport" | "upstreamUrl"> {
  /** Whether trace context is read from requests and handed on: not with `OTEL_PROPAGATORS=none`. */
  readonly isPropagated: boolean;
}

function traceRequests(sdk: TraceSdk, sample: Sampler, options: Traceable): Traces {
  // Weak: frees requests whose end is never reported, and keeps the trace id after the spans have ended.
  const spansByRequest = new WeakMap<Request, RequestSpans>();
  return {
    observer: {
      requestStarted: (request) => {
        const parents = options.isPropagated ? parentsOf(request) : NO_PARENTS;
        if (!sample(parents.parent)) return;
        spansByRequest.set(request, { server: startServerSpan(sdk.tracer, request, parents) });
      },
      requestDecided: (request, judgement) => {
        const spans = spansByRequest.get(request);
        if (spans !== undefined) setDecisionAttributes(spans.server, judgement);
      },
      ...observeUpstream(sdk, spansByRequest, options),
    },
    propagate: (request) => {
      if (!options.isPropagated) return undefined;
      const context = spansByRequest.get(request)?.client?.span.spanContext();
      return context && formatTraceContext(context);
    },
    traceIdOf: (request) => spansByRequest.get(request)?.server.spanContext().traceId,
    shutdown: () => withinDeadline(sdk.shutdown()),
  };
}

function observeUpstream(
  sdk: TraceSdk,
  spansByRequest: WeakMap<Request, RequestSpans>,
  { now, upstreamTransport, upstreamUrl }: Traceable,
): Pick<Observer, "requestSent" | "requestEnded"> {
  const upstream = spanUpstream(upstreamTransport, upstreamUrl);
  return {
    requestSent: (request) => {
      const spans = spansByRequest.get(request);
      if (spans === undefined || spans.client !== undefined) return;
      const startMs = now();
      const span = startClientSpan(sdk.tracer, spans.server, request, { startMs, upstream });
      spans.client = { span, startMs };
    },
    requestEnded: (request, ending) => {
      const spans = spansByRequest.get(request);
      if (spans !== undefined) endSpans(spans, request, ending, now);
    },
  };
}

function endSpans(
  { server, client }: RequestSpans,
  request: Request,
  ending: Ending,
  now: () => number,
): void {
  if (client !== undefined) {
    setOutcomeAttributes(client.span, ending);
    client.span.end(ending.upstreamMs === undefined ? now() : client.startMs + ending.upstreamMs);
  }
  setOutcomeAttributes(server, ending);
  server.end(request.receivedAtMs + ending.totalMs);
}

const NO_PARENTS = { parent: undefined, link: undefined };

/** `_meta` names the parent and the HTTP header becomes a link; without `_meta` the header names the parent. */
function parentsOf(request: Request): {
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
  // A failed export has been counted and logged; it does not fail the shutdown.
  await Promise.race([shutdown.catch(() => undefined), deadline]);
  clearTimeout(timer);
}
