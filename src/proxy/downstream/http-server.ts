/** Creates the HTTP listener for clients: node:http or node:https with its bounds, and the relay behind it. */

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer, type ServerOptions as HttpsOptions } from "node:https";
import type { MetadataEndpoint } from "../../identity/protected-resource-metadata.ts";
import { closeAfterResponse, isClosing } from "../http/closing-connections.ts";
import type { Drain } from "../http/drain.ts";
import type { HttpRelay } from "../relay/http/http-relay.ts";
import { refuseConnections } from "./refuse-connections.ts";
import { answerHealth, type Health } from "./health.ts";
import type { Edge } from "./request-checks.ts";
import type { SessionCarrier } from "./replicas/session-carrier.ts";
import { serve } from "./serve-request.ts";
import type { SseEndpoint } from "./sse/sse-endpoint.ts";

export interface DownstreamOptions {
  readonly edge: Edge;
  /** Longest time for a request to arrive, headers and body. */
  readonly requestMs: number;
  /** Most connections at once; the next is closed as it comes. */
  readonly connections: number;
  /** Most bytes of messages that are still arriving, over all connections. */
  readonly receivedBytes: number;
  /** Longest time that a client may leave a response unread. */
  readonly unreadMs: number;
  /** Whether the event loop is late: new requests are then refused. */
  readonly refusesForLoad: () => boolean;
  /** Tracks every response. */
  readonly answers: Drain;
  /** Longest head of a request, in bytes. */
  readonly headerBytes: number;
  /** Called for the first request with a query, which never goes upstream. */
  readonly onQueryDropped: () => void;
  /** Called with each fault of our own; the client was answered. */
  readonly onFault: (error: unknown) => void;
  /** Absent: plain HTTP. */
  readonly tls?: HttpsOptions;
  readonly health: Health;
  /** The document that is served beside the endpoint. */
  readonly metadata?: MetadataEndpoint;
  /** The endpoint for clients of HTTP+SSE; absent when it is not served. */
  readonly sse?: SseEndpoint;
  /** Carries requests to the replica that has their session; absent: all are served here. */
  readonly carrier?: SessionCarrier;
}

/** Creates a server that relays; it does not listen yet. */
export function createDownstream(relay: HttpRelay, options: DownstreamOptions): Server {
  const server = createBoundedServer(options);
  refuseConnections(server, relay, options);
  const onQueryDropped = callOnce(options.onQueryDropped);
  const listener = { ...options, relay, onQueryDropped, arriving: { bytes: 0, max: options.receivedBytes } };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    options.answers.track(response);
    if (isClosing(request.socket)) return;
    // Security (docs/decisions/0065-http-edge.md): Node drops bytes that follow such a request in one packet, so what comes next may begin within a message.
    if (request.headers.upgrade !== undefined) closeAfterResponse(request, response);
    if (!answerHealth(request, response, options.health)) serve(listener, request, response);
  };
  server.on("request", onRequest);
  // Without a listener Node answers an unknown `Expect` itself.
  server.on("checkExpectation", onRequest);
  return server;
}

function createBoundedServer({ requestMs, headerBytes, connections, tls }: DownstreamOptions): Server {
  const bounds = {
    ...arrivalBounds(requestMs),
    maxHeaderSize: headerBytes,
    keepAlive: true,
    keepAliveInitialDelay: 15_000,
    // A missing Host is refused by request-checks.ts, so that it is recorded.
    requireHostHeader: false,
  };
  const server =
    tls === undefined
      ? createServer(bounds)
      : createTlsServer({ ...bounds, ...tls, handshakeTimeout: 10_000 });
  // A quiet stream is no idle connection: only the arrival of a request is timed.
  server.timeout = 0;
  server.keepAliveTimeout = 65_000;
  server.maxConnections = connections;
  return server;
}

/** Invariant: a slow client is disconnected within `requestMs`, though Node checks only at intervals. */
function arrivalBounds(
  requestMs: number,
): Pick<ServerOptions, "requestTimeout" | "headersTimeout" | "connectionsCheckingInterval"> {
  const checkMs = Math.min(500, Math.ceil(requestMs / 4));
  const requestTimeout = requestMs - checkMs;
  const headersTimeout = Math.min(requestTimeout, 10_000);
  return { requestTimeout, headersTimeout, connectionsCheckingInterval: checkMs };
}

function callOnce(call: () => void): () => void {
  let isCalled = false;
  return () => {
    if (!isCalled) call();
    isCalled = true;
  };
}
