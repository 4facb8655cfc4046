/** The downstream listener: node:http, the edge rules, the bounded body; then the exchange. */

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer, type ServerOptions as HttpsOptions } from "node:https";
import type { Duplex } from "node:stream";
import type { RefusalCause } from "../../mcp/vocabulary.ts";
import type { HttpSource } from "../relay/http/http-exchange.ts";
import type { HttpRelay } from "../relay/http/http-relay.ts";
import { type Edge, isDocument, refuseRequest, tooLarge } from "./request-checks.ts";
import {
  sendResponse,
  errorResponse,
  INTERNAL_ERROR,
  INVALID_REQUEST,
  type RefusedRequest,
} from "../../mcp/error-response.ts";
import type { MetadataEndpoint } from "../../identity/protected-resource-metadata.ts";
import type { Drain } from "../http/drain.ts";
import type { AuthenticationOutcome } from "../../identity/authenticator.ts";
import { cutSlowReaders } from "../http/slow-readers.ts";

export interface DownstreamOptions {
  readonly edge: Edge;
  /** How long a request may take to arrive, headers and body. */
  readonly requestMs: number;
  /** Connections at once; the next is closed as it comes. */
  readonly connections: number;
  /** Bytes of messages that are still arriving, over all connections. */
  readonly receivedBytes: number;
  /** How long a client may take nothing of an answer that waits for it. */
  readonly unreadMs: number;
  /** Whether this process does not keep up: new requests are then refused. */
  readonly isLate: () => boolean;
  /** Hears of every answer as it begins. */
  readonly answers: Drain;
  /** Hears of our own faults; the client was answered. */
  readonly onFault: (error: unknown) => void;
  /** Absent: plain HTTP. */
  readonly tls?: HttpsOptions;
  /** What is served beside the endpoint; the edge lets its targets through. */
  readonly metadata?: MetadataEndpoint;
}

/** A server that relays; it does not listen yet. */
export function createDownstream(relay: HttpRelay, options: DownstreamOptions): Server {
  const bounds = {
    ...arrivalBounds(options.requestMs),
    keepAlive: true,
    keepAliveInitialDelay: 15_000,
    // The edge answers a missing Host, so that it is recorded.
    requireHostHeader: false,
  };
  const server =
    options.tls === undefined
      ? createServer(bounds)
      : createTlsServer({ ...bounds, ...options.tls, handshakeTimeout: 10_000 });
  // Quiet streams are no idle connections: only the arrival of a request is timed.
  server.timeout = 0;
  server.keepAliveTimeout = 65_000;
  server.maxConnections = options.connections;
  server.on("drop", () => note(relay, "overload", "too many connections are open"));
  const cut = "the client takes nothing of what is sent to it";
  cutSlowReaders(server, { unreadMs: options.unreadMs, onCut: () => note(relay, "not_read", cut) });
  const listener = { ...options, relay, arriving: { bytes: 0, max: options.receivedBytes } };
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    options.answers.track(response);
    attempt(listener, response, () => serveRequest(listener, request, response));
  });
  server.on("upgrade", (_request, socket) => {
    note(relay, "header", "protocol upgrades are not served");
    rejectAndClose(socket, "400 Bad Request");
  });
  server.on("connect", (_request, socket) => {
    note(relay, "method", "CONNECT is not served");
    rejectAndClose(socket, "405 Method Not Allowed");
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
    note(relay, isSlow ? "too_slow" : "header", detail);
    rejectAndClose(socket, isSlow ? "408 Request Timeout" : "400 Bad Request");
  });
}

/** Long enough for the answer to be read. */
const LINGER_MS = 1_000;

function rejectAndClose(socket: Duplex, status: string): void {
  // Node has let go of this socket: an error that nobody hears ends the process.
  socket.on("error", () => socket.destroy());
  if (!socket.writable) return void socket.destroy();
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // A client that does not hang up itself would keep its half of the connection, and our descriptor.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function note(relay: HttpRelay, cause: RefusalCause, detail: string): void {
  relay.recordRefusal({ cause, detail, bytes: 0 });
}

interface Listener extends Pick<DownstreamOptions, "edge" | "metadata" | "isLate" | "onFault"> {
  readonly relay: HttpRelay;
  readonly arriving: Arriving;
}

/** Bytes held by messages that are not whole yet. */
interface Arriving {
  bytes: number;
  readonly max: number;
}

// A promise is made only where somebody must be waited for: most requests need none before they go upstream.
/** Does a step of serving a request; what it throws, now or later, is answered. */
function attempt({ onFault }: Listener, response: ServerResponse, step: () => void | Promise<void>): void {
  const fail = (error: unknown): void => {
    onFault(error);
    sendResponse(response, errorResponse(502, INTERNAL_ERROR, "Tollgate failed to relay this message"));
  };
  try {
    step()?.catch(fail);
  } catch (error) {
    fail(error);
  }
}

function serveRequest(
  listener: Listener,
  request: IncomingMessage,
  response: ServerResponse,
): void | Promise<void> {
  const { relay, edge, metadata, isLate } = listener;
  const refused = refuseRequest(request, edge);
  if (refused !== undefined) return refuse(relay, unidentified(request, response), refused);
  if (isLate()) return refuse(relay, unidentified(request, response), LATE);
  if (isDocument(request, edge)) return metadata?.serve(request, response);
  // Before the body: who may not call has nothing read of what it sends.
  const identified = relay.identify(request);
  const serve = (settled: AuthenticationOutcome): void | Promise<void> =>
    serveSource(listener, request, relay.accept(request, response, settled));
  return identified instanceof Promise ? identified.then(serve) : serve(identified);
}

function unidentified(incoming: IncomingMessage, downstream: ServerResponse): HttpSource {
  return { transport: "http", incoming, downstream };
}

function serveSource(
  listener: Listener,
  request: IncomingMessage,
  source: HttpSource | undefined,
): void | Promise<void> {
  const { relay, edge } = listener;
  if (source === undefined) return void request.resume();
  if (request.method !== "POST") return relay.open(request.method === "GET" ? "GET" : "DELETE", source);
  readBody(listener, request, (body) => {
    if (body === "too_large") return refuse(relay, source, tooLarge(edge.messageBytes));
    if (body === "no_room") return refuse(relay, source, NO_ROOM);
    if (body !== "gone") attempt(listener, source.downstream, () => relay.post(source, body));
  });
}

const NO_ROOM: RefusedRequest = {
  status: 503,
  cause: "overload",
  detail: "too many messages are arriving at once",
};

// Before the proof and the body: what is refused must cost next to nothing.
const LATE: RefusedRequest = {
  status: 503,
  cause: "overload",
  detail: "Tollgate is busy: it does not keep up with its requests",
};

function refuse(relay: HttpRelay, source: HttpSource, { status, cause, detail }: RefusedRequest): void {
  const response = errorResponse(status, INVALID_REQUEST, detail);
  // What is left of the body is not read: the connection ends with the answer.
  const headers = {
    connection: "close",
    ...(status === 405 && { allow: "GET, POST, DELETE" }),
    ...(status === 503 && { "retry-after": "5" }),
  };
  relay.refuse(source, { cause, detail, bytes: 0, response: { ...response, headers } });
  source.incoming.resume();
}

type Body = Buffer | "too_large" | "no_room" | "gone";

/** `done` hears of the whole body, or why there is none; once. */
function readBody({ edge, arriving }: Listener, request: IncomingMessage, done: (body: Body) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isSettled = false;
  const settle = (body: Body): void => {
    if (isSettled) return;
    isSettled = true;
    arriving.bytes -= bytes;
    done(body);
  };
  request.on("data", (chunk: Buffer) => {
    if (isSettled) return;
    bytes += chunk.byteLength;
    arriving.bytes += chunk.byteLength;
    if (bytes > edge.messageBytes) return settle("too_large");
    if (arriving.bytes > arriving.max) return settle("no_room");
    chunks.push(chunk);
  });
  request.on("end", () =>
    settle(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
  );
  const leave = (): void => settle("gone");
  request.on("close", leave);
  request.on("error", leave);
  // It may have left while its proof was looked at.
  if (request.destroyed) settle("gone");
}
