/** The response to a message that names another agent's session or task. */

import {
  type LocalResponse,
  errorResponse,
  INTERNAL_ERROR,
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

/** The response while the store gives no answer: the task may be the caller's, so it must not be taken for one that has ended. */
export function unknownOwnerResponse(id: string | undefined): LocalResponse {
  return errorResponse(
    200,
    INTERNAL_ERROR,
    "Tollgate cannot look up the owner of this task now; try again soon",
    id,
  );
}
