/** The MCP server behind us, whatever carries the messages to it. A tools/call goes in by its permit and by no other door. */

import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Permit } from "../enforcement/permit.ts";
import type { CallMessage, Message } from "./message.ts";

export interface Upstream {
  /** Sends the call that the permit stands for; `withTrace` makes its message that message with our trace context. */
  readonly call: (
    permit: Permit,
    headers: OutgoingHttpHeaders,
    withTrace: (text: string) => string,
  ) => UpstreamExchange;
  /** Sends any message but a tools/call. */
  readonly relay: (
    message: Exclude<Message, CallMessage>,
    text: string,
    headers: OutgoingHttpHeaders,
  ) => UpstreamExchange;
  /** Opens the server's own stream (GET), or ends a session (DELETE). */
  readonly open: (method: "GET" | "DELETE", headers: OutgoingHttpHeaders) => UpstreamExchange;
  readonly close: () => void;
}

/** One request under way. */
export interface UpstreamExchange {
  /** Rejects with an UpstreamError. */
  readonly response: Promise<UpstreamAnswer>;
  /** Ends the request at once, before or within its answer. */
  readonly abort: () => void;
}

/** The head of an answer, and its body as a stream; `complete` tells, at the end, whether the body came whole. */
export type UpstreamAnswer = Readable &
  Pick<IncomingMessage, "statusCode" | "headers" | "headersDistinct" | "complete">;

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
