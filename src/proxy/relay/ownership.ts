/** What somebody is told who names a session or a task of another agent. */

import { type Answer, errorAnswer, INVALID_PARAMS, INVALID_REQUEST } from "../../mcp/error-response.ts";

export type Owned = "session" | "task";

/** As servers say it of what they do not know: its owner starts anew, and a stranger learns nothing. `id` as its token. */
export function strangerAnswer(owned: Owned, id: string | undefined): Answer {
  switch (owned) {
    case "session":
      return errorAnswer(404, INVALID_REQUEST, "Session not found", id);
    case "task":
      return errorAnswer(200, INVALID_PARAMS, "Task not found", id);
  }
}
