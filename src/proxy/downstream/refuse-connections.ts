/** Refuses and records at the level of connections: too many, too slow, not HTTP/1.1, upgrades, CONNECT. */

import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import type { RefusalCause } from "../../mcp/vocabulary.ts";
import { cutSlowReaders } from "../http/slow-readers.ts";
import type { HttpRelay } from "../relay/http/http-relay.ts";

/** Disconnects a client that leaves a response unread for `unreadMs`, and refuses connections that carry no request. */
export function refuseConnections(server: Server, relay: HttpRelay, unreadMs: number): void {
  const record = (cause: RefusalCause, detail: string): void =>
    relay.recordRefusal({ cause, detail, bytes: 0 });
  server.on("drop", () => record("overload", "too many connections are open"));
  const onCut = (): void => record("not_read", "the client takes nothing of what is sent to it");
  cutSlowReaders(server, { unreadMs, onCut });
  server.on("upgrade", (_request, socket) => {
    record("header", "protocol upgrades are not served");
    rejectAndClose(socket, "400 Bad Request");
  });
  server.on("connect", (_request, socket) => {
    record("method", "CONNECT is not served");
    rejectAndClose(socket, "405 Method Not Allowed");
  });
  const failed = new WeakSet<Duplex>();
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const isSlow = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
    const isMalformed = error.code?.startsWith("HPE_") === true;
    // A client that left has sent nothing wrong; a second error on a refused connection is the same failure.
    if (!(isSlow || isMalformed) || failed.has(socket)) return void socket.destroy();
    failed.add(socket);
    const detail = isSlow ? "the request took too long to arrive" : "the bytes are not an HTTP/1.1 request";
    record(isSlow ? "too_slow" : "header", detail);
    rejectAndClose(socket, isSlow ? "408 Request Timeout" : "400 Bad Request");
  });
}

/** Time for the client to read the response. */
const LINGER_MS = 1_000;

function rejectAndClose(socket: Duplex, status: string): void {
  // Node no longer listens to this socket, and an unhandled error ends the process.
  socket.on("error", () => socket.destroy());
  if (!socket.writable) return void socket.destroy();
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // A client that does not close its half of the connection would keep our descriptor.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
