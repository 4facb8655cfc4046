/** Refuses and records at the level of connections: too many, too slow, not HTTP/1.1, CONNECT. */

import { type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { errorBody, INVALID_REQUEST, type RefusedRequest } from "../../mcp/error-response.ts";
import type { RefusalCause } from "../../mcp/vocabulary.ts";
import { isClosing } from "../http/closing-connections.ts";
import { cutSlowReaders } from "../http/slow-readers.ts";
import type { HttpRelay } from "../relay/http/http-relay.ts";
import { SERVED_METHODS } from "./request-checks.ts";

export interface ConnectionBounds {
  /** Longest time that a client may leave a response unread. */
  readonly unreadMs: number;
  /** Longest head of a request, in bytes. */
  readonly headerBytes: number;
}

/** Disconnects a client that leaves a response unread for `unreadMs`, and refuses connections that carry no request. */
export function refuseConnections(
  server: Server,
  relay: HttpRelay,
  { unreadMs, headerBytes }: ConnectionBounds,
): void {
  const record = (cause: RefusalCause, detail: string): void =>
    relay.recordRefusal({ cause, detail, bytes: 0 });
  server.on("drop", () => record("overload", "too many connections are open"));
  const onCut = (): void => record("not_read", "the client takes nothing of what is sent to it");
  cutSlowReaders(server, { unreadMs, onCut });
  const reject = (socket: Duplex, refused: RefusedRequest): void => {
    record(refused.cause, refused.detail);
    respondAndClose(socket, refused);
  };
  // No `upgrade` listener: Node then serves a request that offers an upgrade as if it had offered none.
  server.on("connect", (_request, socket) => reject(socket, NO_TUNNEL));
  const failed = new WeakSet<Duplex>();
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const refused = refusalOf(error.code, headerBytes);
    // A client that left has sent nothing wrong; a second error on a refused connection is the same failure.
    if (refused === undefined || failed.has(socket) || isClosing(socket)) return void socket.destroy();
    failed.add(socket);
    reject(socket, refused);
  });
}

const NO_TUNNEL: RefusedRequest = { status: 405, cause: "method", detail: "CONNECT is not served" };
const TOO_SLOW: RefusedRequest = {
  status: 408,
  cause: "too_slow",
  detail: "the request took too long to arrive",
};
const MALFORMED: RefusedRequest = {
  status: 400,
  cause: "header",
  detail: "the bytes are not an HTTP/1.1 request",
};

/** The refusal for an error of Node's parser; undefined when the client only left. */
function refusalOf(code: string | undefined, headerBytes: number): RefusedRequest | undefined {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return TOO_SLOW;
  if (code === "HPE_HEADER_OVERFLOW")
    return { status: 431, cause: "too_large", detail: `the headers have more than ${headerBytes} bytes` };
  return code?.startsWith("HPE_") === true ? MALFORMED : undefined;
}

/** Time for the client to read the response. */
const LINGER_MS = 1_000;

function respondAndClose(socket: Duplex, refused: RefusedRequest): void {
  // Node no longer listens to this socket, and an unhandled error ends the process.
  socket.on("error", () => socket.destroy());
  if (!socket.writable) return void socket.destroy();
  socket.end(responseBytes(refused));
  // A socket that is destroyed with unread bytes is reset, and the client may lose the response.
  socket.resume();
  // A client that does not close its half of the connection would keep our descriptor.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function responseBytes({ status, detail }: RefusedRequest): string {
  const body = errorBody(INVALID_REQUEST, detail, "null");
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    ...(status === 405 ? [`Allow: ${SERVED_METHODS}`] : []),
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}
