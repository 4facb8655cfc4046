/** What somebody is told who names a session or a task of another agent. */

import {
  type LocalResponse,
  errorResponse,
  INVALID_PARAMS,
  INVALID_REQUEST,
} from "../../mcp/error-response.ts";

export type OwnedResource = "session" | "task";

/** As servers say it of what they do not know: its owner starts anew, and a stranger learns nothing. `id` as its token. */
export function notFoundResponse(owned: OwnedResource, id: string | undefined): LocalResponse {
  switch (owned) {
    case "session":
      return errorResponse(404, INVALID_REQUEST, "Session not found", id);
    case "task":
      return errorResponse(200, INVALID_PARAMS, "Task not found", id);
  }
}
