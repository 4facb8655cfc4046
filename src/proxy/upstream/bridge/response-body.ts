/** The answer of an HTTP server that is none: a status, headers, and a body, whole or written as the child speaks. */

import { Readable } from "node:stream";
import type { BufferedResponse } from "../../upstream.ts";

/** What a client may leave unread before its stream is broken, in bytes; one message always fits. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

export type Headers = Readonly<Record<string, string>>;

export class EventStream extends Readable {
  readonly statusCode: number;
  readonly headers: Headers;
  /** Whether it was written to its end. */
  complete = false;

  constructor(statusCode: number, headers: Headers) {
    super({ read: () => undefined });
    this.statusCode = statusCode;
    this.headers = headers;
  }

  /** Whether it can still be written. */
  get isOpen(): boolean {
    return !this.complete && !this.destroyed;
  }

  // Invariant: a client that does not read costs this much and no more, and nobody else waits for it.
  /** One server-sent event; breaks the stream when its client has left too much unread. */
  writeEvent(message: string): void {
    if (!this.isOpen) return;
    if (this.readableLength > MAX_UNREAD_BYTES) return void this.destroy();
    this.push(`event: message\ndata: ${message}\n\n`);
  }

  /** A line that means nothing to clients; left out while they have something else to read. */
  writeComment(words: string): void {
    if (this.isOpen && this.readableLength === 0) this.push(`: ${words}\n\n`);
  }

  finish(): void {
    if (!this.isOpen) return;
    this.complete = true;
    this.push(null);
  }
}

const EVENT_STREAM_HEADERS: Headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
};
/** Proxies on the way cut streams that are quiet for a minute. */
const KEEP_ALIVE_MS = 15_000;

/** A stream of events; a comment goes out from time to time while nothing else does. */
export function openEventStream(headers: Headers): EventStream {
  const body = new EventStream(200, { ...EVENT_STREAM_HEADERS, ...headers });
  const timer = setInterval(() => body.writeComment("keepalive"), KEEP_ALIVE_MS).unref();
  body.once("close", () => clearInterval(timer));
  return body;
}

export const JSON_HEADERS: Headers = { "content-type": "application/json" };

/** A whole answer at once. */
export function bufferedResponse(statusCode: number, headers: Headers, text = ""): BufferedResponse {
  return { statusCode, headers, bufferedBody: Buffer.from(text) };
}
