/** Legacy sessions as they pass through us: who opened each, what its client said of itself, which answers are owed. */

import { createHash } from "node:crypto";
import type { Client, Outcome } from "../../mcp/vocabulary.ts";
import { type ConcurrencyBounds, ConcurrencyLimit } from "../http/concurrency-limit.ts";
import type { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";

export interface Session {
  /** As the server gave it; its digest when it is very long. */
  readonly id: string;
  /** The principal that opened it, or that first used it when it is older than this process. */
  readonly owner: string;
  readonly client?: Client;
  /** Requests whose stream ended without their answer, which may still come on another stream; by id token. */
  readonly deferredResponses: Map<string, RequestLifecycle>;
}

/** Answers that one session may owe. */
const MAX_DEFERRED = 256;
const IDLE_MS = 24 * 3_600_000;

interface Entry extends Session {
  usedAtMs: number;
}

export class Sessions {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;
  readonly #places: ConcurrencyLimit;

  /** At the bounds no new session is opened, and none that is in use is forgotten. */
  constructor(nowMs: () => number, bounds: ConcurrencyBounds) {
    this.#nowMs = nowMs;
    this.#places = new ConcurrencyLimit(bounds);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether this owner can open one more session; forgets what has been idle for a day. */
  hasRoom(owner: string): boolean {
    if (!this.#places.hasRoom(owner)) this.#forgetIdle();
    return this.#places.hasRoom(owner);
  }

  open(id: string, owner: string, client: Client | undefined): void {
    // The server says that this is a new session, whatever it was before.
    this.close(id);
    this.keep(this.#entry(id, owner, client));
  }

  // A session we never saw opened is older than this process, or made up: the server knows which.
  /** The session of that id, or undefined when it belongs to another principal. One not seen before is not kept yet. */
  use(id: string, principal: string): Session | undefined {
    const entry = this.#entries.get(keyOf(id));
    if (entry === undefined) return this.#entry(id, principal, undefined);
    entry.usedAtMs = this.#nowMs();
    return entry.owner === principal ? entry : undefined;
  }

  /** Keeps a session that the server has accepted; its first user owns it. */
  keep(session: Session): void {
    if (this.#entries.has(session.id) || !this.hasRoom(session.owner)) return;
    this.#places.acquire(session.owner);
    this.#entries.set(session.id, { ...session, usedAtMs: this.#nowMs() });
  }

  /** What the client of that session said of itself; before the caller's right to it was checked. */
  clientOf(id: string | undefined): Client | undefined {
    return id === undefined ? undefined : this.#entries.get(keyOf(id))?.client;
  }

  close(id: string): void {
    const key = keyOf(id);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#places.release(entry.owner);
    for (const tracking of entry.deferredResponses.values()) tracking.ended("cancelled");
  }

  closeAll(): void {
    for (const id of this.#entries.keys()) this.close(id);
  }

  #entry(id: string, owner: string, client: Client | undefined): Entry {
    return {
      id: keyOf(id),
      owner,
      deferredResponses: new Map(),
      usedAtMs: this.#nowMs(),
      ...(client !== undefined && { client }),
    };
  }

  #forgetIdle(): void {
    const limit = this.#nowMs() - IDLE_MS;
    for (const { id, usedAtMs } of this.#entries.values()) if (usedAtMs < limit) this.close(id);
  }
}

const LONGEST_KEY = 128;

/** A server may make its session ids as long as a header; a long one is remembered by its digest. */
function keyOf(id: string): string {
  return id.length <= LONGEST_KEY ? id : `sha256:${createHash("sha256").update(id).digest("base64")}`;
}

/** Keeps a request open whose answer may come on another stream; ends it as `fallback` when that cannot be. */
export function deferResponse(
  session: Session | undefined,
  tracking: RequestLifecycle,
  fallback: Outcome,
): void {
  const { rpcId } = tracking.request;
  if (
    session === undefined ||
    session.deferredResponses.size >= MAX_DEFERRED ||
    session.deferredResponses.has(rpcId)
  ) {
    tracking.ended(fallback);
    return;
  }
  session.deferredResponses.set(rpcId, tracking);
}

/** The request of that id whose answer came on another stream; it is owed no longer. */
export function takeDeferred(session: Session | undefined, rpcId: string): RequestLifecycle | undefined {
  const tracking = session?.deferredResponses.get(rpcId);
  session?.deferredResponses.delete(rpcId);
  return tracking;
}
