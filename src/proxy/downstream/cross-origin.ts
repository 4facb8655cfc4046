/** Cross-origin requests of browsers (CORS, in the Fetch standard): the headers of every response, and the response to a preflight. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { allowedMethods, type Edge, isServedOrigin } from "./request-checks.ts";

const EXPOSED_HEADERS = "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After";
const MAX_AGE_SECONDS = "7200";
/** A list of header names. */
const NAMES = /^[!#$%&'*+\-.^_`|~0-9A-Za-z, \t]+$/;

/** Lets pages of the request's origin read the response; does nothing unless that origin is served. */
export function allowOrigin(request: IncomingMessage, response: ServerResponse, edge: Edge): void {
  const { origin } = request.headers;
  if (origin === undefined || !isServedOrigin(origin, edge)) return;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", EXPOSED_HEADERS);
  response.setHeader("vary", "Origin");
}

/** Answers a preflight of an origin that is served. It carries no credential, so that none is asked for. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse, edge: Edge): void {
  const requested = request.headers["access-control-request-headers"];
  response.writeHead(204, {
    "access-control-allow-methods": allowedMethods(request, edge),
    ...(requested !== undefined && NAMES.test(requested) && { "access-control-allow-headers": requested }),
    "access-control-max-age": MAX_AGE_SECONDS,
    vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
  });
  response.end();
}
