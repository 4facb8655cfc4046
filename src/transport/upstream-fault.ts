/** What the agent is told when the upstream gave no answer. */

import { type Answer, errorAnswer, INTERNAL_ERROR } from "./refusal.ts";
import type { UpstreamError } from "./upstream.ts";

/** Never a 404, 401 or 403: clients take those for a lost session or a request to log in. */
export function faultAnswer(error: UpstreamError, id: string | undefined): Answer {
  switch (error.fault) {
    case "unreachable":
      return errorAnswer(502, INTERNAL_ERROR, "The MCP server behind Tollgate cannot be reached", id);
    case "timeout":
      return errorAnswer(504, INTERNAL_ERROR, "The MCP server behind Tollgate did not answer in time", id);
    case "broken":
      return errorAnswer(
        502,
        INTERNAL_ERROR,
        "The MCP server behind Tollgate closed the connection without an answer",
        id,
      );
  }
}
