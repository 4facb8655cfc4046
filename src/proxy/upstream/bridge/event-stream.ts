/** Response bodies of the bridge: an event stream that is written message by message, or one buffer. */

import { Readable } from "node:stream";
import type { BufferedResponse } from "../../upstream.ts";

export type Headers = Readonly<Record<string, string>>;

/** Unread bytes of a stream, past which it is destroyed; one message always fits. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

/** A response of server-sent events. */
export class EventStream extends Readable {
  readonly statusCode = 200;
  readonly headers: Headers;
  /** Whether it was written to its end. */
  complete = false;

  constructor(headers: Headers) {
    super({ read: () => undefined });
    this.headers = headers;
  }

  /** Whether more events can be written. */
  get isOpen(): boolean {
    return !this.complete && !this.destroyed;
  }

  // Invariant: a client that does not read holds a bounded amount of memory and blocks no other client.
  /** Writes one event; destroys the stream when the client has left too much unread. */
  writeEvent(message: string): void {
    if (!this.isOpen) return;
    if (this.readableLength > MAX_UNREAD_BYTES) return void this.destroy();
    this.push(`event: message\ndata: ${message}\n\n`);
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

export function openEventStream(headers: Headers): EventStream {
  return new EventStream({ ...EVENT_STREAM_HEADERS, ...headers });
}

export const JSON_HEADERS: Headers = { "content-type": "application/json" };

export function bufferedResponse(statusCode: number, headers: Headers, text = ""): BufferedResponse {
  return { statusCode, headers, bufferedBody: Buffer.from(text) };
}
