/** The requests of one stdio client that its server has not answered: each id once, and a bounded number of them. */

import type { Outcome } from "../../mcp/vocabulary.ts";
import type { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";

/** Requests in flight at once; more are refused. */
const MAX_PENDING = 10_000;
/** Time for the server to answer a request that was cancelled. */
const CANCELLED_MS = 5_000;

export class PendingRequests<P extends { readonly lifecycle: RequestLifecycle }> {
  /** By the id's token. */
  readonly #pending = new Map<string, P>();
  readonly #cancelled = new Map<string, NodeJS.Timeout>();

  /** Why a request of this id is refused now; undefined when it may be sent. */
  refusal(id: string): string | undefined {
    if (this.#pending.has(id)) return "a request with this id is under way";
    return this.#pending.size < MAX_PENDING ? undefined : "too many requests are under way";
  }

  has(id: string): boolean {
    return this.#pending.has(id);
  }

  /** The id of the request that waits alone; undefined when several wait, or none. */
  get only(): string | undefined {
    const [id] = this.#pending.keys();
    return this.#pending.size === 1 ? id : undefined;
  }

  add(pending: P): void {
    this.#pending.set(pending.lifecycle.request.rpcId, pending);
  }

  /** Removes the request of this id, because its response has come. */
  take(id: string): P | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(this.#cancelled.get(id));
    this.#cancelled.delete(id);
    return pending;
  }

  /** Ends the request as cancelled, unless the server answers it within 5 seconds. */
  cancel(id: string): void {
    if (!this.#pending.has(id) || this.#cancelled.has(id)) return;
    const end = (): void => this.take(id)?.lifecycle.ended("cancelled");
    this.#cancelled.set(id, setTimeout(end, CANCELLED_MS).unref());
  }

  /** Ends every request, as `outcome` unless it was cancelled; returns the ids of those that need a response. */
  endAll(outcome: Outcome, resultBytes: (id: string) => number): string[] {
    const ids = [...this.#pending.keys()];
    return ids.filter((id) => {
      const isCancelled = this.#cancelled.has(id);
      const ending = isCancelled ? { resultBytes: 0 } : { resultBytes: resultBytes(id) };
      this.take(id)?.lifecycle.ended(isCancelled ? "cancelled" : outcome, ending);
      return !isCancelled;
    });
  }
}
