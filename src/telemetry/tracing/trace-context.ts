/** W3C trace context: parses the strings of a message to a span context, and formats it. */

import { createTraceState, isSpanContextValid, TraceFlags, type SpanContext } from "@opentelemetry/api";
import type { Request } from "../../enforcement/request.ts";
import type { TraceContext } from "../../mcp/vocabulary.ts";

/** Version, trace id, parent id, flags; later versions may append fields (W3C Trace Context, section 3.2). */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;
/** Characters of `tracestate` that must be propagated (section 3.3.1.5); a longer one is dropped. */
const MAX_TRACESTATE = 512;

/** Undefined when the strings are not a valid trace context. */
export function parseTraceContext(context: TraceContext | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(context?.traceparent ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  const state = context?.tracestate;
  const hasState = state !== undefined && state.length <= MAX_TRACESTATE;
  const spanContext: SpanContext = {
    traceId,
    spanId,
    traceFlags,
    isRemote: true,
    ...(hasState && { traceState: createTraceState(state) }),
  };
  return isSpanContextValid(spanContext) ? spanContext : undefined;
}

export function formatTraceContext(context: SpanContext): TraceContext {
  const flags = context.traceFlags.toString(16).padStart(2, "0");
  const traceparent = `00-${context.traceId}-${context.spanId}-${flags}`;
  const tracestate = context.traceState?.serialize();
  return tracestate ? { traceparent, tracestate } : { traceparent };
}

/** The trace id that the request carries, for log and audit when Tollgate records no span. */
export function incomingTraceId(request: Request): string | undefined {
  return (parseTraceContext(request.metaTrace) ?? parseTraceContext(request.headerTrace))?.traceId;
}
