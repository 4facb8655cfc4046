/** The response to a message that names another agent's session or task. */

import {
  type LocalResponse,
  errorResponse,
  INVALID_PARAMS,
  INVALID_REQUEST,
} from "../../mcp/error-response.ts";

export type OwnedResource = "session" | "task";

/** The same as for one that does not exist: its owner opens a new one, and another agent learns nothing. `id` is a token. */
export function notFoundResponse(owned: OwnedResource, id: string | undefined): LocalResponse {
  switch (owned) {
    case "session":
      return errorResponse(404, INVALID_REQUEST, "Session not found", id);
    case "task":
      return errorResponse(200, INVALID_PARAMS, "Task not found", id);
  }
}
