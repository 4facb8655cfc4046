/** Serves one HTTP request: checks, authentication and the body, then the relay. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { AuthenticationOutcome } from "../../identity/authenticator.ts";
import type { MetadataEndpoint } from "../../identity/protected-resource-metadata.ts";
import {
  errorResponse,
  INTERNAL_ERROR,
  INVALID_REQUEST,
  OVERLOADED,
  type RefusedRequest,
  sendResponse,
} from "../../mcp/error-response.ts";
import type { ClientResponse } from "../http/client-response.ts";
import { closeAfterResponse } from "../http/closing-connections.ts";
import type { HttpSource } from "../relay/http/http-exchange.ts";
import type { HttpRelay } from "../relay/http/http-relay.ts";
import type { Work } from "../relay/transport.ts";
import { allowOrigin, answerPreflight } from "./cross-origin.ts";
import { type ArrivingBytes, receiveBody } from "./receive-body.ts";
import type { SessionCarrier } from "./replicas/session-carrier.ts";
import type { SseEndpoint } from "./sse/sse-endpoint.ts";
import {
  allowedMethods,
  type Edge,
  isDocument,
  isPreflight,
  refuseRequest,
  servedEndpoint,
  tooLarge,
} from "./request-checks.ts";

export interface Listener {
  readonly relay: HttpRelay;
  readonly edge: Edge;
  readonly metadata?: MetadataEndpoint;
  /** Asked once for each request: whether the event loop is late, and the request therefore refused. */
  readonly refusesForLoad: () => boolean;
  /** Called for each request with a query, which never goes upstream. */
  readonly onQueryDropped: () => void;
  /** Called with each fault of our own; the client was answered. */
  readonly onFault: (error: unknown) => void;
  readonly arriving: ArrivingBytes;
  /** The endpoint for clients of HTTP+SSE; absent when it is not served. */
  readonly sse?: SseEndpoint;
  /** Carries requests to the replica that has their session; absent: all are served here. */
  readonly carrier?: SessionCarrier;
}

export function serve(listener: Listener, request: IncomingMessage, response: ServerResponse): void {
  attempt(listener, response, () => serveRequest(listener, request, response));
}

// Most requests wait for nothing before they go upstream, and make no promise until then.
/** Runs a step of serving a request; an error that it throws, now or later, is answered. */
function attempt({ onFault }: Listener, response: ClientResponse, step: () => Work): void {
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

// Security: the checks and the authentication precede the body, so that a refused caller has none of it read.
function serveRequest(listener: Listener, request: IncomingMessage, response: ServerResponse): Work {
  const { relay, edge, metadata, refusesForLoad, onQueryDropped } = listener;
  allowOrigin(request, response, edge);
  const refused = refuseRequest(request, edge) ?? (refusesForLoad() ? LATE : undefined);
  if (refused !== undefined) return refuse(listener, request, relay.sourceOf(request, response), refused);
  if (isPreflight(request)) return answerPreflight(request, response, edge);
  const { url = "" } = request;
  if (url.includes("?") && servedEndpoint(url, edge) !== "messages") onQueryDropped();
  if (isDocument(request, edge)) return metadata?.serve(request, response);
  const outcome = relay.identify(request);
  const proceed = (settled: AuthenticationOutcome): Work =>
    serveSource(listener, request, response, relay.accept(request, response, settled));
  return outcome instanceof Promise ? outcome.then(proceed) : proceed(outcome);
}

function serveSource(
  listener: Listener,
  request: IncomingMessage,
  response: ServerResponse,
  source: HttpSource | undefined,
): Work {
  const { relay, edge, arriving, sse, carrier } = listener;
  const { method, url = "" } = request;
  if (source === undefined) return;
  const endpoint = servedEndpoint(url, edge);
  const home = endpoint === "mcp" ? carrier?.homeOf(request) : undefined;
  if (carrier !== undefined && home !== undefined)
    return carrier.carry(home, request, response).then((refused) => {
      if (refused !== undefined) relay.refuse(source, refused);
    });
  if (endpoint === "stream") return sse?.open(source, response);
  if (method !== "POST") return relay.open(method === "GET" ? "GET" : "DELETE", source);
  receiveBody(request, arriving, edge.messageBytes, (body) => {
    if (body === "too_large") return refuse(listener, request, source, tooLarge(edge.messageBytes));
    if (body === "no_room") return refuse(listener, request, source, NO_ROOM);
    if (body === "gone") return;
    attempt(listener, response, () =>
      endpoint === "messages" ? sse?.post(url, { source, response, body }) : relay.post(source, body),
    );
  });
}

const NO_ROOM: RefusedRequest = {
  status: 503,
  cause: "overload",
  detail: "too many messages are arriving at once",
};

const LATE: RefusedRequest = {
  status: 503,
  cause: "overload",
  detail: "Tollgate is busy: it does not keep up with its requests",
};

function refuse(
  { relay, edge }: Listener,
  request: IncomingMessage,
  source: HttpSource,
  { status, cause, detail }: RefusedRequest,
): void {
  closeAfterResponse(request, source.downstream);
  const headers = {
    ...(status === 405 && { allow: allowedMethods(request, edge) }),
    ...(status === 503 && { "retry-after": "5" }),
  };
  // A client that sees -32600 takes its own message for wrong, and does not send it again.
  const code = status === 503 ? OVERLOADED : status >= 500 ? INTERNAL_ERROR : INVALID_REQUEST;
  relay.refuse(source, {
    cause,
    detail,
    bytes: 0,
    response: { ...errorResponse(status, code, detail), headers },
  });
}
