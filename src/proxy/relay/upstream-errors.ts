/** Answers of our own when a request cannot be carried: the upstream failed, or we have no room. */

import { type LocalResponse, errorResponse, INTERNAL_ERROR } from "../../mcp/error-response.ts";
import type { UpstreamError } from "../upstream.ts";

/** What the client hears when the upstream gave no answer. Never a 404, 401 or 403: clients take those for a lost session or a request to log in. */
export function upstreamErrorResponse(error: UpstreamError, id: string | undefined): LocalResponse {
  switch (error.fault) {
    case "unreachable":
      return errorResponse(502, INTERNAL_ERROR, "The MCP server behind Tollgate cannot be reached", id);
    case "timeout":
      return errorResponse(504, INTERNAL_ERROR, "The MCP server behind Tollgate did not answer in time", id);
    case "broken":
      return errorResponse(
        502,
        INTERNAL_ERROR,
        "The MCP server behind Tollgate closed the connection without an answer",
        id,
      );
  }
}

/** The caller may come again: it has done nothing wrong. */
export function overloadResponse(detail: string, id: string | undefined): LocalResponse {
  return { ...errorResponse(503, INTERNAL_ERROR, `Tollgate is busy: ${detail}`, id), headers: RETRY_SOON };
}

const RETRY_SOON = { "retry-after": "5" };
