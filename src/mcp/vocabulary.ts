/** Values that all parts of Tollgate use to describe a message: era, transport, client, outcome, refusal cause. */

import type { MessageSummary } from "./message-summary.ts";

/** A client's claim about itself; never a key for limits. */
export interface Client {
  readonly name: string;
  readonly version: string;
}

export type Transport = "http" | "stdio";
export type Era = "legacy" | "modern";

/** W3C trace context, unparsed. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

export const OUTCOMES = [
  "success",
  "tool_error",
  "rpc_error",
  "upstream_error",
  "timeout",
  "cancelled",
  "denied",
] as const;
/** The outcome of a request. A denial is not a failure of the tool. */
export type Outcome = (typeof OUTCOMES)[number];

export const REFUSAL_CAUSES = [
  "path",
  "method",
  "header",
  "loop",
  "host",
  "origin",
  "content_type",
  "content_encoding",
  "too_large",
  "too_slow",
  "encoding",
  "syntax",
  "duplicate_key",
  "depth",
  "number",
  "nodes",
  "batch",
  "envelope",
  "params",
  "header_mismatch",
  "ownership",
  "overload",
  "not_read",
  "server_request",
  "unauthenticated",
] as const;
/** The cause for which a message was refused before the policy decided. */
export type RefusalCause = (typeof REFUSAL_CAUSES)[number];

/** Returns the outcome of a request from its response. */
export function outcomeOf({ hasError, isError }: MessageSummary): Outcome {
  if (hasError) return "rpc_error";
  return isError ? "tool_error" : "success";
}

/** Returns the code of the JSON-RPC error, if there is one. */
export function rpcCodeOf({ errorCode }: MessageSummary): { rpcCode?: number } {
  return errorCode === undefined ? {} : { rpcCode: errorCode };
}
