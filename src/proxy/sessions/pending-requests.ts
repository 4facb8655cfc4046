/** The requests of one stdio client that its server has not answered: each id once, a bounded number of them. */

import type { Outcome } from "../../mcp/vocabulary.ts";
import type { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import type { TaskRequest } from "./open-tasks.ts";

export interface Pending {
  readonly tracking: RequestLifecycle;
  /** Of a tools/list: whether it asks for the list from its start. */
  readonly isFirstPage: boolean;
  /** Of a request about a task: which one. */
  readonly task?: TaskRequest;
}

/** Under way at once; what a client sends beyond is refused. */
const MAX_PENDING = 10_000;
/** How long a server may still answer what was cancelled. */
const CANCELLED_MS = 5_000;

export class PendingRequests {
  /** By the id's token. */
  readonly #pending = new Map<string, Pending>();
  readonly #cancelled = new Map<string, NodeJS.Timeout>();

  /** Why a request of that id cannot be taken now. */
  refusal(id: string): string | undefined {
    if (this.#pending.has(id)) return "a request with this id is under way";
    return this.#pending.size < MAX_PENDING ? undefined : "too many requests are under way";
  }

  add(pending: Pending): void {
    this.#pending.set(pending.tracking.request.rpcId, pending);
  }

  /** The request that this id answers, which is not pending any more. */
  take(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(this.#cancelled.get(id));
    this.#cancelled.delete(id);
    return pending;
  }

  /** The client wants no answer any more: the request ends so, unless the server is quick enough. */
  cancel(id: string): void {
    if (!this.#pending.has(id) || this.#cancelled.has(id)) return;
    const end = (): void => this.take(id)?.tracking.ended("cancelled");
    this.#cancelled.set(id, setTimeout(end, CANCELLED_MS).unref());
  }

  /** Takes all of them; `outcome` is what became of those that nobody cancelled. Ends each, and gives those that are owed an answer. */
  endAll(outcome: Outcome, resultBytes: (id: string) => number): string[] {
    const ids = [...this.#pending.keys()];
    return ids.filter((id) => {
      const isCancelled = this.#cancelled.has(id);
      const ending = isCancelled ? { resultBytes: 0 } : { resultBytes: resultBytes(id) };
      this.take(id)?.tracking.ended(isCancelled ? "cancelled" : outcome, ending);
      return !isCancelled;
    });
  }
}
