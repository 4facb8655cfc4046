/** The words that every part uses of a message: its era, its transport, its client, and how it ended. */

import type { MessageSummary } from "./message-summary.ts";

/** What a client says about itself: a claim, never a key for limits. */
export interface Client {
  readonly name: string;
  readonly version: string;
}

export type Transport = "http" | "stdio";
export type Era = "legacy" | "modern";

/** W3C trace context, as strings that were not parsed yet. */
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
/** How a request ended, told truly: a denial is no failure of the tool. */
export type Outcome = (typeof OUTCOMES)[number];

export const REFUSAL_CAUSES = [
  "path",
  "method",
  "header",
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
/** Why a message was refused before policy was asked. */
export type RefusalCause = (typeof REFUSAL_CAUSES)[number];

export function outcomeOf(outline: MessageSummary): Outcome {
  if (outline.hasError) return "rpc_error";
  return outline.isError ? "tool_error" : "success";
}

export function rpcCodeOf({ errorCode }: MessageSummary): { rpcCode?: number } {
  return errorCode === undefined ? {} : { rpcCode: errorCode };
}
