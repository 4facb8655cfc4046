/** Reads the status of a task from results and notifications of both eras. */

import type { Outcome } from "./vocabulary.ts";
import type { MessageSummary } from "./message-summary.ts";

export interface TaskUpdate {
  readonly taskId: string;
  /** Whether the result of the call stands beside the status. */
  readonly hasResult?: true;
  /** Absent while the task is running. */
  readonly ending?: TaskEnding;
}

export interface TaskEnding {
  readonly outcome: Outcome;
  /** Code of the JSON-RPC error that ended the task. */
  readonly rpcCode?: number;
}

/**
 * Returns the id of the task that a response creates: `result.task` of 2025-11-25, `resultType: "task"` of 2026-07-28.
 * Undefined for any other response. Ownership is recorded by `summary.taskId`, which more responses have.
 */
export function createdTaskId({
  method,
  taskStatus: toldTask,
  resultType,
}: MessageSummary): string | undefined {
  if (method !== undefined || toldTask === undefined) return undefined;
  return toldTask.isMember || resultType === "task" ? toldTask.id : undefined;
}

/** Returns the task and its ending that a response or notification reports; undefined when it reports none. */
export function taskUpdate({ taskStatus: toldTask, hasError }: MessageSummary): TaskUpdate | undefined {
  if (toldTask === undefined || hasError) return undefined;
  const { id: taskId, status, isError, errorCode, hasError: hasFailure, hasResult } = toldTask;
  const task = { taskId, ...(hasResult === true && { hasResult }) };
  const code = errorCode === undefined ? {} : { rpcCode: errorCode };
  switch (status) {
    case "completed":
      return { ...task, ending: { outcome: isError ? "tool_error" : "success" } };
    case "failed":
      // A failed task of 2025-11-25 without an error counts as a tool error, since `isError` is one cause of failure.
      return {
        ...task,
        ending: hasFailure ? { outcome: "rpc_error", ...code } : { outcome: "tool_error" },
      };
    case "cancelled":
      return { ...task, ending: { outcome: "cancelled" } };
    case "working":
    case "input_required":
      return task;
    default:
      return undefined;
  }
}

/** Returns the ending of a task from the response to `tasks/result`, which is the response that the call would have had. */
export function endingOfTaskResult({ hasError, errorCode, isError }: MessageSummary): TaskEnding {
  if (hasError) return { outcome: "rpc_error", ...(errorCode === undefined ? {} : { rpcCode: errorCode }) };
  return { outcome: isError ? "tool_error" : "success" };
}
