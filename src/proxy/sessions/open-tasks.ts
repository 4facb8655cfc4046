/** Calls that have become tasks: each is kept open until its task is seen to end. */

import type { EndOfResponse, RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import type { Outcome } from "../../mcp/vocabulary.ts";
import type { RequestMessage } from "../../mcp/message.ts";
import type { MessageSummary } from "../../mcp/message-summary.ts";
import { endingOfTaskResult, createdTaskId, taskUpdate, type TaskEnding } from "../../mcp/task-status.ts";

/** A request about one task. */
export interface TaskRequest {
  readonly method: string;
  readonly taskId: string;
}

interface OpenTask {
  readonly tracking: RequestLifecycle;
  readonly heardAtMs: number;
  /** How it counts if nothing more is heard of it. */
  readonly unheard: Outcome;
}

/** Tasks watched at once; past the bound the one that was silent longest is let go. */
const MAX_TASKS = 10_000;
/** So long after the last word of a task its call is ended without knowing how the task did. */
const SILENT_MS = 3_600_000;
const SWEEP_MS = 60_000;

export class OpenTasks {
  /** Invariant: in the order of the last word, the most silent first. By task id, which a server gives out once. */
  readonly #open = new Map<string, OpenTask>();
  readonly #nowMs: () => number;
  readonly #max: number;
  #sweeping: NodeJS.Timeout | undefined;

  /** `nowMs` counts milliseconds. */
  constructor(nowMs: () => number, max = MAX_TASKS) {
    this.#nowMs = nowMs;
    this.#max = max;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Whether this answer to a call is a task; its call then ends when the task does. */
  begin(tracking: RequestLifecycle, outline: MessageSummary, answer: EndOfResponse): boolean {
    const taskId = tracking.request.tool === undefined ? undefined : createdTaskId(outline);
    if (taskId === undefined || tracking.isEnded) return false;
    this.#letGo(taskId);
    this.#open.set(taskId, { tracking, heardAtMs: this.#nowMs(), unheard: "timeout" });
    const [mostSilent] = this.#open.keys();
    if (this.#open.size > this.#max && mostSilent !== undefined) this.#letGo(mostSilent);
    this.#sweeping ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    // A task may be done before anybody asks.
    this.onTaskMessage(outline, answer);
    return true;
  }

  /** What the upstream says by itself, or in answer to `asked`: ends the call whose task has ended. */
  onTaskMessage(outline: MessageSummary, answer: EndOfResponse, asked?: TaskRequest): void {
    if (this.#open.size === 0) return;
    const news = taskUpdate(outline);
    if (asked?.method === "tasks/result" && outline.method === undefined) {
      this.#end(asked.taskId, endingOfTaskResult(outline), answer);
    } else if (news?.ending !== undefined) {
      this.#end(news.taskId, news.ending, answer);
    } else if (asked?.method === "tasks/cancel" && outline.hasResult) {
      // In the era of 2026 this is a wish that was noted; the task may still come to another end.
      this.#touch(asked.taskId, "cancelled");
    } else if (news !== undefined) {
      this.#touch(news.taskId);
    }
  }

  /** Lets go of what has been silent too long. */
  sweep(): void {
    const limit = this.#nowMs() - SILENT_MS;
    for (const [taskId, { heardAtMs }] of this.#open) {
      if (heardAtMs > limit) return;
      this.#letGo(taskId);
    }
  }

  closeAll(): void {
    clearInterval(this.#sweeping);
    for (const taskId of this.#open.keys()) this.#letGo(taskId);
  }

  #end(taskId: string, { outcome, rpcCode }: TaskEnding, answer: EndOfResponse): void {
    const task = this.#open.get(taskId);
    if (task === undefined) return;
    this.#open.delete(taskId);
    task.tracking.answered();
    task.tracking.ended(outcome, { ...answer, ...(rpcCode !== undefined && { rpcCode }) });
  }

  #touch(taskId: string, unheard?: Outcome): void {
    const task = this.#open.get(taskId);
    if (task === undefined) return;
    this.#open.delete(taskId);
    this.#open.set(taskId, { ...task, heardAtMs: this.#nowMs(), unheard: unheard ?? task.unheard });
  }

  #letGo(taskId: string): void {
    const task = this.#open.get(taskId);
    this.#open.delete(taskId);
    task?.tracking.ended(task.unheard);
  }
}

/** The task that a request is about; undefined when it is about none. */
export function taskRequestOf({ method, params }: RequestMessage): TaskRequest | undefined {
  const taskId = method.startsWith("tasks/") ? params?.get("taskId") : undefined;
  return typeof taskId === "string" ? { method, taskId } : undefined;
}
