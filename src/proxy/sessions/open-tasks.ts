/** Keeps a call that has become a task open until its task ends. */

import type { EndOfResponse, RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import type { Outcome } from "../../mcp/vocabulary.ts";
import type { RequestMessage } from "../../mcp/message.ts";
import type { MessageSummary } from "../../mcp/message-summary.ts";
import {
  endingOfTaskResult,
  createdTaskId,
  taskUpdate,
  type TaskEnding,
  type TaskUpdate,
} from "../../mcp/task-status.ts";

/** A request about one task. */
export interface TaskRequest {
  readonly method: string;
  readonly taskId: string;
}

interface OpenTask {
  readonly lifecycle: RequestLifecycle;
  readonly lastMessageAtMs: number;
  /** The outcome of its call if no other message names it. */
  readonly outcomeIfSilent: Outcome;
}

/** Most tasks at once; past the bound the call whose task was silent longest is ended. */
const MAX_TASKS = 10_000;
/** Time after the last message about a task until its call is ended without an outcome of the task. */
const SILENT_MS = 3_600_000;
const SWEEP_MS = 60_000;

/** Called with a message about a task that is not open here. */
export type OnUnknownTask = (summary: MessageSummary, response: EndOfResponse, asked?: TaskRequest) => void;

export class OpenTasks {
  /** By task id, which a server gives out once. Invariant: in the order of the last message, the most silent first. */
  readonly #open = new Map<string, OpenTask>();
  readonly #nowMs: () => number;
  readonly #max: number;
  /** Calls whose tasks have ended, while their results, which limits count, are still to be asked for. */
  readonly #awaitingResult = new Map<string, RequestLifecycle>();
  #sweeping: NodeJS.Timeout | undefined;
  readonly #onUnknown: OnUnknownTask | undefined;

  /** `nowMs` counts milliseconds. */
  constructor(nowMs: () => number, max = MAX_TASKS, onUnknown?: OnUnknownTask) {
    this.#nowMs = nowMs;
    this.#max = max;
    this.#onUnknown = onUnknown;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Whether this response to a call is a task; the call then ends when the task does. */
  begin(lifecycle: RequestLifecycle, summary: MessageSummary, response: EndOfResponse): boolean {
    const taskId = lifecycle.request.tool === undefined ? undefined : createdTaskId(summary);
    if (taskId === undefined || lifecycle.isEnded) return false;
    this.#endSilent(taskId);
    this.#open.set(taskId, { lifecycle, lastMessageAtMs: this.#nowMs(), outcomeIfSilent: "timeout" });
    const [mostSilent] = this.#open.keys();
    if (this.#open.size > this.#max && mostSilent !== undefined) this.#endSilent(mostSilent);
    this.#sweeping ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    // The task may have ended already.
    this.onTaskMessage(summary, response);
    return true;
  }

  /** Handles a notification of the upstream, or its response to `asked`: ends the call whose task has ended. */
  onTaskMessage(summary: MessageSummary, response: EndOfResponse, asked?: TaskRequest): void {
    if (this.#onUnknown !== undefined && !this.#isAboutKnown(summary, asked))
      return this.#onUnknown(summary, response, asked);
    this.apply(summary, response, asked);
  }

  /** Whether the message is about no task, or about one of this process. */
  #isAboutKnown(summary: MessageSummary, asked?: TaskRequest): boolean {
    const taskId = asked?.taskId ?? taskUpdate(summary)?.taskId;
    return taskId === undefined || this.#open.has(taskId) || this.#awaitingResult.has(taskId);
  }

  /** The same for a message that came to any process. */
  apply(summary: MessageSummary, response: EndOfResponse, asked?: TaskRequest): void {
    if (this.#open.size === 0 && this.#awaitingResult.size === 0) return;
    const update = taskUpdate(summary);
    if (asked?.method === "tasks/result" && isRefused(summary)) {
      // Security: a client can bring about that its own request is refused, while the task goes on and keeps its place.
      this.#touch(asked.taskId, "rpc_error");
    } else if (asked?.method === "tasks/result" && summary.method === undefined) {
      this.#endByResult(asked.taskId, summary, response);
    } else if (update?.ending !== undefined) {
      this.#endByStatus(update, update.ending, { ...response, amounts: summary.amounts });
    } else if (asked?.method === "tasks/cancel" && summary.hasResult) {
      // In the era of 2026 the result only acknowledges the wish to cancel; the task may still end otherwise.
      this.#touch(asked.taskId, "cancelled");
    } else if (update !== undefined) {
      this.#touch(update.taskId);
    }
  }

  /** The response to `tasks/result` is the one that the call would have had. */
  #endByResult(taskId: string, summary: MessageSummary, response: EndOfResponse): void {
    const ending = endingOfTaskResult(summary);
    const answer = { ...response, amounts: summary.amounts };
    const awaiting = this.#awaitingResult.get(taskId);
    this.#awaitingResult.delete(taskId);
    awaiting?.resultArrived(ending.outcome, answer);
    this.#end(taskId, ending, answer);
  }

  /** In the era of 2026 the result stands beside the status; before, it is asked for with `tasks/result`. */
  #endByStatus({ taskId, hasResult }: TaskUpdate, ending: TaskEnding, response: EndOfResponse): void {
    const lifecycle = this.#open.get(taskId)?.lifecycle;
    if (lifecycle === undefined) return;
    if (lifecycle.countsAnswer && hasResult === undefined) {
      this.#awaitingResult.set(taskId, lifecycle);
      const [oldest] = this.#awaitingResult.keys();
      if (this.#awaitingResult.size > this.#max && oldest !== undefined) this.#awaitingResult.delete(oldest);
    }
    this.#end(taskId, ending, hasResult === true ? response : { ...response, part: "status" });
  }

  /** Ends the calls whose tasks were silent too long. */
  sweep(): void {
    const limit = this.#nowMs() - SILENT_MS;
    for (const [taskId, { lastMessageAtMs }] of this.#open) {
      if (lastMessageAtMs > limit) return;
      this.#endSilent(taskId);
    }
  }

  closeAll(): void {
    clearInterval(this.#sweeping);
    for (const taskId of this.#open.keys()) this.#endSilent(taskId);
  }

  #end(taskId: string, { outcome, rpcCode }: TaskEnding, response: EndOfResponse): void {
    const task = this.#open.get(taskId);
    if (task === undefined) return;
    this.#open.delete(taskId);
    task.lifecycle.answered();
    task.lifecycle.ended(outcome, { ...response, ...(rpcCode !== undefined && { rpcCode }) });
  }

  #touch(taskId: string, outcomeIfSilent?: Outcome): void {
    const task = this.#open.get(taskId);
    if (task === undefined) return;
    this.#open.delete(taskId);
    this.#open.set(taskId, {
      ...task,
      lastMessageAtMs: this.#nowMs(),
      outcomeIfSilent: outcomeIfSilent ?? task.outcomeIfSilent,
    });
  }

  #endSilent(taskId: string): void {
    const task = this.#open.get(taskId);
    this.#open.delete(taskId);
    task?.lifecycle.ended(task.outcomeIfSilent);
  }
}

/** The task that a request is about; undefined when it is about none. */
export function taskRequestOf({ method, params }: RequestMessage): TaskRequest | undefined {
  const taskId = method.startsWith("tasks/") ? params?.get("taskId") : undefined;
  return typeof taskId === "string" ? { method, taskId } : undefined;
}

/** Whether the error is one of those by which JSON-RPC 2.0 (section 5.1) refuses a request, and none of the task's own. */
function isRefused({ hasError, errorCode = 0 }: MessageSummary): boolean {
  return hasError && errorCode >= -32_700 && errorCode <= -32_600;
}
