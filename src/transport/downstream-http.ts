/** The downstream listener: node:http, the edge rules, the bounded body; then the exchange. */

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import type { HttpRelay } from "./exchange-http.ts";
import { type Edge, type RefusedRequest, refuseRequest, tooLarge } from "./http-edge.ts";
import { answerWith, errorAnswer, INTERNAL_ERROR, INVALID_REQUEST } from "./refusal.ts";

export interface DownstreamOptions {
  readonly edge: Edge;
  /** How long a request may take to arrive, headers and body. */
  readonly requestMs: number;
  /** Hears of our own faults; the client was answered. */
  readonly onFault: (error: unknown) => void;
}

/** A server that relays; it does not listen yet. */
export function createDownstream(relay: HttpRelay, options: DownstreamOptions): Server {
  const server = createServer({
    ...arrivalBounds(options.requestMs),
    keepAlive: true,
    keepAliveInitialDelay: 15_000,
    // The edge answers a missing Host, so that it is recorded.
    requireHostHeader: false,
  });
  // Quiet streams are no idle connections: only the arrival of a request is timed.
  server.timeout = 0;
  server.keepAliveTimeout = 65_000;
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    serveRequest(relay, options.edge, request, response).catch((error: unknown) => {
      options.onFault(error);
      answerWith(response, errorAnswer(502, INTERNAL_ERROR, "Tollgate failed to relay this message"));
    });
  });
  server.on("upgrade", (_request, socket) => {
    relay.noteRefusal({ cause: "header", detail: "protocol upgrades are not served", bytes: 0 });
    hangUp(socket, "400 Bad Request");
  });
  server.on("connect", (_request, socket) => {
    relay.noteRefusal({ cause: "method", detail: "CONNECT is not served", bytes: 0 });
    hangUp(socket, "405 Method Not Allowed");
  });
  refuseWhatIsNoRequest(server, relay);
  return server;
}

/** Invariant: who is slow is cut within `requestMs`, though Node looks only now and then. */
function arrivalBounds(
  requestMs: number,
): Pick<ServerOptions, "requestTimeout" | "headersTimeout" | "connectionsCheckingInterval"> {
  const checkMs = Math.min(500, Math.ceil(requestMs / 4));
  const requestTimeout = requestMs - checkMs;
  const headersTimeout = Math.min(requestTimeout, 10_000);
  return { requestTimeout, headersTimeout, connectionsCheckingInterval: checkMs };
}

function refuseWhatIsNoRequest(server: Server, relay: HttpRelay): void {
  const failed = new WeakSet<Duplex>();
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const isSlow = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
    const isNoRequest = error.code?.startsWith("HPE_") === true;
    // A client that left has sent nothing wrong; what follows on a connection that was given up is the same failure.
    if (!(isSlow || isNoRequest) || failed.has(socket)) return void socket.destroy();
    failed.add(socket);
    const detail = isSlow ? "the request took too long to arrive" : "the bytes are not an HTTP/1.1 request";
    relay.noteRefusal({ cause: isSlow ? "too_slow" : "header", detail, bytes: 0 });
    hangUp(socket, isSlow ? "408 Request Timeout" : "400 Bad Request");
  });
}

/** Long enough for the answer to be read. */
const LINGER_MS = 1_000;

function hangUp(socket: Duplex, status: string): void {
  // Node has let go of this socket: an error that nobody hears ends the process.
  socket.on("error", () => socket.destroy());
  if (!socket.writable) return void socket.destroy();
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // A client that does not hang up itself would keep its half of the connection, and our descriptor.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

async function serveRequest(
  relay: HttpRelay,
  edge: Edge,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refused = refuseRequest(request, edge);
  if (refused !== undefined) return refuse(relay, request, response, refused);
  if (request.method !== "POST")
    return relay.open(request.method === "GET" ? "GET" : "DELETE", request, response);
  const body = await readBody(request, edge.messageBytes);
  if (body === "too_large") return refuse(relay, request, response, tooLarge(edge.messageBytes));
  if (body !== "gone") await relay.post(request, response, body);
}

function refuse(
  relay: HttpRelay,
  request: IncomingMessage,
  response: ServerResponse,
  refused: RefusedRequest,
): void {
  const { status, cause, detail } = refused;
  const answer = errorAnswer(status, INVALID_REQUEST, detail);
  // What is left of the body is not read: the connection ends with the answer.
  const headers = { connection: "close", ...(status === 405 ? { allow: "GET, POST, DELETE" } : {}) };
  relay.refuse(request, response, { cause, detail, bytes: 0, answer: { ...answer, headers } });
  request.resume();
}

function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | "too_large" | "gone"> {
  const { promise, resolve } = Promise.withResolvers<Buffer | "too_large" | "gone">();
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return resolve("too_large");
    chunks.push(chunk);
  });
  request.once("end", () =>
    resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
  );
  request.once("close", () => resolve("gone"));
  request.once("error", () => resolve("gone"));
  return promise;
}
