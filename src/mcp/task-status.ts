/** What an upstream message says of a task: which one, and how it stands. Both eras: result and notification. */

import type { Outcome } from "./vocabulary.ts";
import type { MessageSummary } from "./message-summary.ts";

export interface TaskUpdate {
  readonly taskId: string;
  /** Absent while the task goes on. */
  readonly ending?: TaskEnding;
}

export interface TaskEnding {
  readonly outcome: Outcome;
  /** Of the JSON-RPC error that the task ended with. */
  readonly rpcCode?: number;
}

/**
 * The task that a call has become: `result.task` of 2025-11-25, `resultType: "task"` of 2026-07-28. Undefined for any
 * other answer. Whose a task is hangs on `outline.taskId` alone, which is there in more answers.
 */
export function createdTaskId({
  method,
  taskStatus: toldTask,
  resultType,
}: MessageSummary): string | undefined {
  if (method !== undefined || toldTask === undefined) return undefined;
  return toldTask.isMember || resultType === "task" ? toldTask.id : undefined;
}

/** What the message tells of a task, by itself or as an answer; undefined when it tells of none. */
export function taskUpdate({ taskStatus: toldTask, hasError }: MessageSummary): TaskUpdate | undefined {
  if (toldTask === undefined || hasError) return undefined;
  const { id: taskId, status, isError, errorCode, hasError: hasFailure } = toldTask;
  const code = errorCode === undefined ? {} : { rpcCode: errorCode };
  switch (status) {
    case "completed":
      return { taskId, ending: { outcome: isError ? "tool_error" : "success" } };
    case "failed":
      // A failed task of 2025-11-25 does not say how: an answer with `isError` is one of the ways.
      return { taskId, ending: hasFailure ? { outcome: "rpc_error", ...code } : { outcome: "tool_error" } };
    case "cancelled":
      return { taskId, ending: { outcome: "cancelled" } };
    case "working":
    case "input_required":
      return { taskId };
    default:
      return undefined;
  }
}

/** The ending of a task whose own answer this is: what `tasks/result` brings is what the call would have. */
export function endingOfTaskResult({ hasError, errorCode, isError }: MessageSummary): TaskEnding {
  if (hasError) return { outcome: "rpc_error", ...(errorCode === undefined ? {} : { rpcCode: errorCode }) };
  return { outcome: isError ? "tool_error" : "success" };
}
