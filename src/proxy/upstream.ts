/** The MCP server, over any transport. A tools/call goes to it by its permit alone. */

import type { OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Permit } from "../enforcement/permit.ts";
import { type HeaderFields, headerValue } from "./http/header-fields.ts";
import type { RelayedMessage } from "../mcp/message.ts";
import type { TraceContext } from "../mcp/vocabulary.ts";

export interface Upstream {
  /** Sends the tools/call that the permit was issued for, with `trace` as its trace context. */
  readonly call: (permit: Permit, headers: OutgoingHttpHeaders, trace?: TraceContext) => UpstreamExchange;
  /** Sends any message but a tools/call, with `trace` as its trace context. */
  readonly relay: (
    message: RelayedMessage,
    headers: OutgoingHttpHeaders,
    trace?: TraceContext,
  ) => UpstreamExchange;
  /** Opens the server's own stream (GET), or ends a session (DELETE). */
  readonly open: (method: "GET" | "DELETE", headers: OutgoingHttpHeaders) => UpstreamExchange;
  readonly close: () => void;
}

/** One request in flight. */
export interface UpstreamExchange {
  /** Rejects with an UpstreamError. */
  readonly response: Promise<UpstreamResponse>;
  /** Ends the request at once, before or within its response. */
  readonly abort: () => void;
}

export type UpstreamResponse = BufferedResponse | StreamedResponse;

interface ResponseHead {
  readonly statusCode: number;
  readonly headers: HeaderFields;
  /** The connection that the response arrived on; absent when no connection is used again. */
  readonly connection?: { readonly close: () => void };
}

/** A response whose whole body has been received, as is usual for a small one. */
export interface BufferedResponse extends ResponseHead {
  readonly bufferedBody: Buffer;
}

/** A response whose body comes as a stream; at its end, `complete` tells whether it came whole. */
export type StreamedResponse = Readable &
  ResponseHead & { readonly bufferedBody?: undefined; readonly complete: boolean };

export function isEventStream({ headers }: UpstreamResponse): boolean {
  return /^text\/event-stream\b/i.test(headerValue(headers, "content-type") ?? "");
}

/** Discards the body, or the rest of it. */
export function discardBody(response: UpstreamResponse): void {
  if (response.bufferedBody === undefined) response.destroy();
}

/** `unreadable`: the response is no JSON-RPC; `too_large`: it is longer than may be read. */
export type UpstreamFault = "unreachable" | "timeout" | "broken" | "unreadable" | "too_large";

/** The upstream sent no response. `wasSent` tells whether it may have received the message. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly fault: UpstreamFault;
  readonly wasSent: boolean;

  /** The failure in words, as a predicate of the server; absent when the fault says it all. */
  readonly failure: string | undefined;

  constructor(fault: UpstreamFault, wasSent: boolean, cause?: unknown, failure?: string) {
    super(`upstream ${fault}`, { cause });
    this.fault = fault;
    this.wasSent = wasSent;
    this.failure = failure;
  }
}
