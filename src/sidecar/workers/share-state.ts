/** Keeps sessions, tasks and tools of this worker and of the other workers alike, by notes. */

import type { HttpRelay } from "../../proxy/relay/http/http-relay.ts";
import type { RequestsElsewhere } from "../../proxy/relay/http/http-exchange.ts";
import type { OnUnknownTask, OpenTasks } from "../../proxy/sessions/open-tasks.ts";
import type { SessionEvents, Sessions } from "../../proxy/sessions/sessions.ts";
import {
  notedMessage,
  type StateNote,
  type StateNotes,
  summaryOf,
} from "../../proxy/sessions/state-notes.ts";
import type { ToolCatalog } from "../../proxy/tools/tool-catalog.ts";

export interface StateSharing {
  readonly sessionEvents?: SessionEvents;
  readonly onUnknownTask?: OnUnknownTask;
  readonly elsewhere?: RequestsElsewhere;
  /** Applies the notes of other workers from now on. */
  readonly apply: (state: SharedState) => void;
}

interface SharedState {
  readonly sessions: Sessions;
  readonly tasks: OpenTasks;
  readonly tools: ToolCatalog;
  readonly relay: HttpRelay;
}

/** Without notes, which a sidecar of one process does not have, nothing is shared. */
export function shareState(notes: StateNotes | undefined): StateSharing {
  if (notes === undefined) return { apply: () => undefined };
  const { send } = notes;
  return {
    sessionEvents: {
      onOpened: ({ id, owner, client }) =>
        send({ kind: "session-opened", id, owner, ...(client !== undefined && { client }) }),
      onClosed: (id) => send({ kind: "session-closed", id }),
    },
    onUnknownTask: (summary, response, asked) =>
      send({
        kind: "task-message",
        ...notedMessage(summary, response),
        ...(asked !== undefined && { asked }),
      }),
    elsewhere: {
      onCancelled: (session, rpcId) => send({ kind: "request-cancelled", session, rpcId }),
      onAnswered: (session, rpcId, summary, response) =>
        send({ kind: "response-elsewhere", session, rpcId, ...notedMessage(summary, response) }),
    },
    apply: (state) => notes.receive((note) => applyNote(note, state)),
  };
}

function applyNote(note: StateNote, { sessions, tasks, tools, relay }: SharedState): void {
  switch (note.kind) {
    case "session-opened":
      return sessions.learn(note.id, note.owner, note.client);
    case "session-closed":
      return sessions.forget(note.id);
    case "request-cancelled":
      return relay.cancelHere(note.session, note.rpcId);
    case "response-elsewhere":
      return relay.answeredElsewhere(note.session, note.rpcId, note);
    case "task-message":
      return tasks.apply(summaryOf(note), note.response, note.asked);
    case "tools-listed":
      return tools.learn(note.text, note.isFirstPage);
    case "own-list":
      // Each worker asks for its own.
      return undefined;
  }
}
