/** The requests of sessions that are in flight, by the id that a client cancels them by. */

import type { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import { type Session, takeDeferred } from "./sessions.ts";

/** Called with a request that is cancelled and is not in flight here. */
export type OnUnknownRequest = (session: string, rpcId: string) => void;

export class InFlightRequests {
  readonly #requests = new Map<string, RequestLifecycle>();
  readonly #onUnknown: OnUnknownRequest | undefined;

  constructor(onUnknown?: OnUnknownRequest) {
    this.#onUnknown = onUnknown;
  }

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
    if (lifecycle === undefined) this.#onUnknown?.(session.id, id);
    else lifecycle.ended("cancelled");
  }

  /** Cancels a request whose cancellation came to another process. */
  cancelHere(session: string, id: string): void {
    this.#requests.get(requestKey({ id: session }, id))?.ended("cancelled");
  }
}

function requestKey(session: Pick<Session, "id">, id: string): string {
  return `${session.id}\n${id}`;
}
