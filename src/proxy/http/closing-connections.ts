/** Closes a connection after a response, so that the client still receives that response. */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ClientResponse } from "./client-response.ts";

/** A refused request whose rest is longer, or takes longer, is cut. */
const MAX_DRAIN_BYTES = 64 * 1024 * 1024;
const MAX_DRAIN_MS = 5_000;

const closing = new WeakSet<Duplex>();

/** Announces `Connection: close`; requests that follow on the connection are not served (RFC 9112, section 9.6). */
export function closeAfterResponse({ socket }: IncomingMessage, response: ClientResponse): void {
  response.shouldKeepAlive = false;
  closing.add(socket);
}

/** Whether the connection closes after a response that has begun, or will. */
export function isClosing(socket: Duplex): boolean {
  return closing.has(socket);
}

/**
 * Drops the rest of the request's body, then calls `end` once: a socket that is closed with unread bytes is reset, and the client
 * may lose the response. Past the bounds the connection is cut.
 */
export function drainRequest(request: IncomingMessage, end: () => void): void {
  if (request.readableEnded || request.destroyed) return end();
  let bytes = 0;
  const finish = (): void => {
    clearTimeout(timer);
    request.off("data", count).off("end", finish).off("close", finish);
    end();
  };
  const cut = (): void => {
    finish();
    request.socket.destroySoon();
  };
  const count = (chunk: Buffer): void => {
    bytes += chunk.byteLength;
    if (bytes > MAX_DRAIN_BYTES) cut();
  };
  const timer = setTimeout(cut, MAX_DRAIN_MS);
  request.on("data", count).on("end", finish).on("close", finish);
}
