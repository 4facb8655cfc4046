/** Requests of sessions that are under way: what a client names when it takes one back. */

import type { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import { idToken, type NotificationMessage } from "../../mcp/message.ts";
import { type Session, takeDeferred } from "./sessions.ts";

export class InFlightRequests {
  readonly #requests = new Map<string, RequestLifecycle>();

  /** Remembers a request until `over`. Without a session an id names nobody's request: many clients begin at 1. */
  begin(session: Session | undefined, tracking: RequestLifecycle | undefined): void {
    if (session === undefined || tracking === undefined) return;
    this.#requests.set(keyOf(session, tracking.request.rpcId), tracking);
  }

  over(session: Session | undefined, tracking: RequestLifecycle | undefined): void {
    if (session === undefined || tracking === undefined) return;
    const key = keyOf(session, tracking.request.rpcId);
    if (this.#requests.get(key) === tracking) this.#requests.delete(key);
  }

  /** Ends the request that `notifications/cancelled` names: its client ignores whatever comes after. */
  onCancelled(session: Session | undefined, { method, params }: NotificationMessage): void {
    const rpcId = method === "notifications/cancelled" ? idToken(params?.get("requestId")) : undefined;
    if (session === undefined || rpcId === undefined) return;
    const tracking = this.#requests.get(keyOf(session, rpcId)) ?? takeDeferred(session, rpcId);
    tracking?.ended("cancelled");
  }
}

function keyOf(session: Session, rpcId: string): string {
  return `${session.id}\n${rpcId}`;
}
