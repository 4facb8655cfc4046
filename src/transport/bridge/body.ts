/** The answer of an HTTP server that is none: a status, headers, and a body that is written as the child speaks. */

import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";

/** What a client may leave unread before its stream is broken, in bytes; one message always fits. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

export type Headers = Readonly<Record<string, string>>;

export class Body extends Readable {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly headersDistinct: NodeJS.Dict<string[]>;
  /** Whether it was written to its end. */
  complete = false;

  constructor(statusCode: number, headers: Headers) {
    super({ read: () => undefined });
    this.statusCode = statusCode;
    this.headers = { ...headers };
    this.headersDistinct = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value]]),
    );
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

  /** The last of it, if any. */
  finish(rest?: string): void {
    if (!this.isOpen) return;
    this.complete = true;
    if (rest !== undefined) this.push(rest);
    this.push(null);
  }
}

export const EVENT_STREAM: Headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
};
export const JSON_BODY: Headers = { "content-type": "application/json" };

/** A whole answer at once. */
export function wholeBody(status: number, headers: Headers, text?: string): Body {
  const body = new Body(status, headers);
  body.finish(text);
  return body;
}
