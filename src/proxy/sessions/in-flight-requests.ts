/** The requests of sessions that are in flight, by the id that a client cancels them by. */

import type { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import { type Session, takeDeferred } from "./sessions.ts";

export class InFlightRequests {
  readonly #requests = new Map<string, RequestLifecycle>();

  /** Remembers a request until `over`. Without a session an id is ambiguous: many clients begin at 1. */
  begin(session: Session | undefined, lifecycle: RequestLifecycle | undefined): void {
    if (session === undefined || lifecycle === undefined) return;
    this.#requests.set(requestKey(session, lifecycle.request.rpcId), lifecycle);
  }

  over(session: Session | undefined, lifecycle: RequestLifecycle | undefined): void {
    if (session === undefined || lifecycle === undefined) return;
    const key = requestKey(session, lifecycle.request.rpcId);
    if (this.#requests.get(key) === lifecycle) this.#requests.delete(key);
  }

  /** Ends the request of this id as cancelled: its client ignores the response. */
  cancel(session: Session | undefined, id: string): void {
    if (session === undefined) return;
    const lifecycle = this.#requests.get(requestKey(session, id)) ?? takeDeferred(session, id);
    lifecycle?.ended("cancelled");
  }
}

function requestKey(session: Session, id: string): string {
  return `${session.id}\n${id}`;
}
