/** Remembers legacy sessions: the owner of each, its client, and the requests whose response may come on another stream. */

import { createHash } from "node:crypto";
import type { Client, Outcome } from "../../mcp/vocabulary.ts";
import { type ConcurrencyBounds, ConcurrencyLimit } from "../http/concurrency-limit.ts";
import { principalOfOwner } from "../../enforcement/request.ts";
import type { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";

export interface Session {
  /** The id that the server gave; its digest when it is long. */
  readonly id: string;
  /** The principal that opened it, with its user, or that first used it when it is older than this process. */
  readonly owner: string;
  readonly client?: Client;
  /** Requests whose stream ended without their response, which may still come on another stream; by id token. */
  readonly deferredResponses: Map<string, RequestLifecycle>;
}

/** Most deferred responses of one session. */
const MAX_DEFERRED = 256;
const IDLE_MS = 24 * 3_600_000;

interface Entry extends Session {
  usedAtMs: number;
}

/** Called when a session is opened or closed here. */
export interface SessionEvents {
  readonly onOpened: (session: Session) => void;
  readonly onClosed: (id: string) => void;
}

export class Sessions {
  readonly #events: SessionEvents | undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;
  readonly #places: ConcurrencyLimit;

  /** At the bounds no new session is opened, and none that is in use is forgotten. */
  constructor(nowMs: () => number, bounds: ConcurrencyBounds, events?: SessionEvents) {
    this.#events = events;
    this.#nowMs = nowMs;
    this.#places = new ConcurrencyLimit(bounds);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether the owner's principal can open one more session; forgets sessions that were idle for a day when it cannot. */
  hasRoom(owner: string): boolean {
    const principal = principalOfOwner(owner);
    if (!this.#places.hasRoom(principal)) this.#forgetIdle();
    return this.#places.hasRoom(principal);
  }

  open(id: string, owner: string, client: Client | undefined): void {
    // The server opened a new session, so one of the same id has ended.
    this.close(id);
    this.keep(this.#entry(id, owner, client));
  }

  // An unknown session is older than this process, or does not exist: the server decides.
  /** The session of this id; undefined when it belongs to another owner. An unknown one is not kept yet. */
  use(id: string, owner: string): Session | undefined {
    const entry = this.#entries.get(sessionKey(id));
    if (entry === undefined) return this.#entry(id, owner, undefined);
    entry.usedAtMs = this.#nowMs();
    return entry.owner === owner ? entry : undefined;
  }

  /** Keeps a session that the server has accepted; its first user owns it. */
  keep(session: Session): void {
    if (this.#keep(session)) this.#events?.onOpened(session);
  }

  /** Keeps a session that another process has opened or kept. Invariant: a known session keeps its owner. */
  learn(id: string, owner: string, client: Client | undefined): void {
    const known = this.#entries.get(sessionKey(id));
    if (known === undefined) this.#keep(this.#entry(id, owner, client));
    else if (known.owner === owner && client !== undefined) this.#entries.set(known.id, { ...known, client });
  }

  #keep(session: Session): boolean {
    if (this.#entries.has(session.id) || !this.hasRoom(session.owner)) return false;
    this.#places.acquire(principalOfOwner(session.owner));
    this.#entries.set(session.id, { ...session, usedAtMs: this.#nowMs() });
    return true;
  }

  /** The request of this id of the session, whose response has come by another process. */
  takeDeferredOf(id: string, rpcId: string): RequestLifecycle | undefined {
    return takeDeferred(this.#entries.get(sessionKey(id)), rpcId);
  }

  /** The client of the session, whether or not the caller may use it. */
  clientOf(id: string): Client | undefined {
    return this.#entries.get(sessionKey(id))?.client;
  }

  /** Whether the session is known, and another owner's. */
  isOfAnother(id: string, owner: string): boolean {
    const entry = this.#entries.get(sessionKey(id));
    return entry !== undefined && entry.owner !== owner;
  }

  close(id: string): void {
    this.#events?.onClosed(id);
    this.forget(id);
  }

  /** Closes a session that another process has closed. */
  forget(id: string): void {
    const key = sessionKey(id);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#places.release(principalOfOwner(entry.owner));
    for (const lifecycle of entry.deferredResponses.values()) lifecycle.ended("cancelled");
  }

  closeAll(): void {
    for (const id of this.#entries.keys()) this.forget(id);
  }

  #entry(id: string, owner: string, client: Client | undefined): Entry {
    return {
      id: sessionKey(id),
      owner,
      deferredResponses: new Map(),
      usedAtMs: this.#nowMs(),
      ...(client !== undefined && { client }),
    };
  }

  #forgetIdle(): void {
    const limit = this.#nowMs() - IDLE_MS;
    for (const { id, usedAtMs } of this.#entries.values()) if (usedAtMs < limit) this.forget(id);
  }
}

const MAX_KEY_LENGTH = 128;

/** The id, or its digest when it is long: a server may make it as long as a header. */
function sessionKey(id: string): string {
  return id.length <= MAX_KEY_LENGTH ? id : `sha256:${createHash("sha256").update(id).digest("base64")}`;
}

/** Keeps a request open whose response may come on another stream; ends it as `fallback` when the session has no room for it. */
export function deferResponse(
  session: Session | undefined,
  lifecycle: RequestLifecycle,
  fallback: Outcome,
): void {
  const { rpcId } = lifecycle.request;
  if (
    session === undefined ||
    session.deferredResponses.size >= MAX_DEFERRED ||
    session.deferredResponses.has(rpcId)
  ) {
    lifecycle.ended(fallback);
    return;
  }
  session.deferredResponses.set(rpcId, lifecycle);
}

/** Removes the deferred request of this id, because its response has come or it was cancelled. */
export function takeDeferred(session: Session | undefined, rpcId: string): RequestLifecycle | undefined {
  const lifecycle = session?.deferredResponses.get(rpcId);
  session?.deferredResponses.delete(rpcId);
  return lifecycle;
}
