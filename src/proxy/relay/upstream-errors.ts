/** Responses of Tollgate's own when it cannot forward a request or its response. */

import { type LocalResponse, errorResponse, INTERNAL_ERROR, OVERLOADED } from "../../mcp/error-response.ts";
import type { UpstreamError } from "../upstream.ts";
import { connectFailure, FAILURES } from "../upstream-failure.ts";

/** The response when the upstream sent none. */
export function upstreamErrorResponse(
  { fault, cause, failure: words }: UpstreamError,
  id: string | undefined,
): LocalResponse {
  const status = fault === "timeout" ? 504 : 502;
  const failure = words ?? FAILURES[fault];
  const reason = fault === "unreachable" ? connectFailure(cause) : undefined;
  return serverFailureResponse(reason === undefined ? failure : `${failure}: ${reason}`, id, status);
}

/** `failure` is what the server did, as a predicate: "closed the connection". Never a 404, 401 or 403: clients take those for a lost session or a request to log in. */
export function serverFailureResponse(failure: string, id: string | undefined, status = 502): LocalResponse {
  return errorResponse(status, INTERNAL_ERROR, messageOfFailure(failure), id);
}

export function messageOfFailure(failure: string): string {
  return `The MCP server behind Tollgate ${failure}`;
}

/** The response when Tollgate has no room; the caller may try again soon. */
export function overloadResponse(detail: string, id: string | undefined): LocalResponse {
  return {
    ...errorResponse(503, OVERLOADED, `Tollgate is busy: ${detail}`, id),
    headers: { "retry-after": "5" },
  };
}
