/** The MCP server behind us, whatever carries the messages to it. A tools/call goes in by its permit and by no other door. */

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

/** One request under way. */
export interface UpstreamExchange {
  /** Rejects with an UpstreamError. */
  readonly response: Promise<UpstreamResponse>;
  /** Ends the request at once, before or within its answer. */
  readonly abort: () => void;
}

export type UpstreamResponse = BufferedResponse | StreamedResponse;

interface ResponseHead {
  readonly statusCode: number;
  readonly headers: HeaderFields;
}

/** An answer whose body has come already, as small ones do. */
export interface BufferedResponse extends ResponseHead {
  readonly bufferedBody: Buffer;
}

/** An answer whose body comes as a stream; `complete` tells, at its end, whether it came whole. */
export type StreamedResponse = Readable &
  ResponseHead & { readonly bufferedBody?: undefined; readonly complete: boolean };

export function isEventStream({ headers }: UpstreamResponse): boolean {
  return /^text\/event-stream\b/i.test(headerValue(headers, "content-type") ?? "");
}

/** Nobody wants the body, or what is left of it. */
export function discardBody(answer: UpstreamResponse): void {
  if (answer.bufferedBody === undefined) answer.destroy();
}

export type UpstreamFault = "unreachable" | "timeout" | "broken";

/** The upstream gave no answer. `wasSent` tells whether it may have seen the message. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly fault: UpstreamFault;
  readonly wasSent: boolean;

  constructor(fault: UpstreamFault, wasSent: boolean, cause?: unknown) {
    super(`upstream ${fault}`, { cause });
    this.fault = fault;
    this.wasSent = wasSent;
  }
}
