/** Trace context in HTTP headers, in the forms that OTEL_PROPAGATORS names: W3C Trace Context and B3. */

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { TraceContext } from "./vocabulary.ts";
import { propagateInHeaders } from "./trace-propagation.ts";

export interface HeaderPropagation {
  /** Undefined when the headers carry no context in one of the forms. */
  readonly read: (headers: IncomingHttpHeaders) => TraceContext | undefined;
  /** The headers with our span's context in place of the agent's; as they came when nothing is traced. */
  readonly write: (headers: OutgoingHttpHeaders, context: TraceContext | undefined) => OutgoingHttpHeaders;
}

/** `forms` are values of OTEL_PROPAGATORS; of several contexts in one request, W3C's counts. */
export function createHeaderPropagation(forms: readonly string[]): HeaderPropagation {
  const [isW3c, isB3, isB3Multi] = ["tracecontext", "b3", "b3multi"].map((form) => forms.includes(form));
  return {
    read: (headers) =>
      (isW3c === true ? readW3c(headers) : undefined) ??
      (isB3 === true || isB3Multi === true ? readB3(headers) : undefined),
    write: (headers, context) => {
      if (context === undefined) return headers;
      const written = isW3c === true ? propagateInHeaders(headers, context) : { ...headers };
      if (isB3 !== true && isB3Multi !== true) return written;
      // A B3 context of the agent's own would name another parent than ours.
      for (const name of B3_HEADERS) delete written[name];
      return Object.assign(
        written,
        isB3 === true && b3Header(context),
        isB3Multi === true && b3Headers(context),
      );
    },
  };
}

function readW3c({ traceparent, tracestate }: IncomingHttpHeaders): TraceContext | undefined {
  if (typeof traceparent !== "string") return undefined;
  return typeof tracestate === "string" ? { traceparent, tracestate } : { traceparent };
}

const B3_HEADERS = [
  "b3",
  "x-b3-traceid",
  "x-b3-spanid",
  "x-b3-parentspanid",
  "x-b3-sampled",
  "x-b3-flags",
] as const;

const TRACE_ID = /^(?:[0-9a-f]{16}){1,2}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;

/** https://github.com/openzipkin/b3-propagation: one header, or one for each part; a short trace id is padded. */
function readB3(headers: IncomingHttpHeaders): TraceContext | undefined {
  const single = headers["b3"];
  const [traceId, spanId, sampled] =
    typeof single === "string"
      ? single.split("-")
      : ["x-b3-traceid", "x-b3-spanid", "x-b3-sampled"].map((name) => textOf(headers[name]));
  if (traceId === undefined || spanId === undefined) return undefined;
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId)) return undefined;
  const isSampled = sampled === "1" || sampled === "d" || sampled === "true" || headers["x-b3-flags"] === "1";
  const flags = isSampled ? "01" : "00";
  return { traceparent: `00-${traceId.toLowerCase().padStart(32, "0")}-${spanId.toLowerCase()}-${flags}` };
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function b3Header({ traceparent }: TraceContext): OutgoingHttpHeaders {
  const [, traceId, spanId, flags] = traceparent.split("-");
  return { b3: `${traceId}-${spanId}-${sampledDigit(flags)}` };
}

function b3Headers({ traceparent }: TraceContext): OutgoingHttpHeaders {
  const [, traceId, spanId, flags] = traceparent.split("-");
  return { "x-b3-traceid": traceId, "x-b3-spanid": spanId, "x-b3-sampled": sampledDigit(flags) };
}

function sampledDigit(flags: string | undefined): "0" | "1" {
  return flags === "01" ? "1" : "0";
}
