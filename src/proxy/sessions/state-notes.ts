/** Notes by which the workers of one sidecar tell each other of sessions, requests, tasks and tool lists. */

import type { EndOfResponse } from "../../enforcement/request-lifecycle.ts";
import type { MessageSummary } from "../../mcp/message-summary.ts";
import type { Client } from "../../mcp/vocabulary.ts";
import type { TaskRequest } from "./open-tasks.ts";

/** A message of the server as far as the end of a request depends on it. */
export interface NotedMessage {
  readonly summary: Omit<MessageSummary, "amounts">;
  readonly amounts?: readonly (readonly [path: string, token: string])[];
  readonly response: Pick<EndOfResponse, "resultBytes" | "httpStatus">;
}

export type StateNote =
  | {
      readonly kind: "session-opened";
      readonly id: string;
      readonly owner: string;
      readonly client?: Client;
    }
  | { readonly kind: "session-closed"; readonly id: string }
  | { readonly kind: "request-cancelled"; readonly session: string; readonly rpcId: string }
  /** A response whose request is not this worker's: it came on another stream of its session. */
  | ({
      readonly kind: "response-elsewhere";
      readonly session: string;
      readonly rpcId: string;
    } & NotedMessage)
  /** A message about a task that this worker did not open. */
  | ({ readonly kind: "task-message"; readonly asked?: TaskRequest } & NotedMessage)
  /** A list of the server that differs from the one before. */
  | { readonly kind: "tools-listed"; readonly text: string; readonly isFirstPage: boolean }
  /** The pages of a list that Tollgate has asked for itself. */
  | { readonly kind: "own-list"; readonly pages: readonly string[] };

export interface StateNotes {
  /** Sends the note to every other worker. */
  readonly send: (note: StateNote) => void;
  /** Calls `apply` with each note of another worker. */
  readonly receive: (apply: (note: StateNote) => void) => void;
}

/** Invariant: JSON, since the note goes from one process to another. */
export function notedMessage(
  { amounts, ...summary }: MessageSummary,
  { resultBytes, httpStatus }: EndOfResponse,
): NotedMessage {
  const response = { resultBytes, httpStatus };
  return { summary, response, ...(amounts !== undefined && { amounts: [...amounts] }) };
}

export function summaryOf({ summary, amounts }: NotedMessage): MessageSummary {
  return { ...summary, ...(amounts !== undefined && { amounts: new Map(amounts) }) };
}
