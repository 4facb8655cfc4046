/** Legacy sessions as they pass through us: who opened each, what its client said of itself, which answers are owed. */

import type { Outcome } from "../enforcement/observer.ts";
import type { Client } from "../enforcement/request.ts";
import type { Tracking } from "../enforcement/tracking.ts";

export interface Session {
  readonly id: string;
  /** The principal that opened it, or that first used it when it is older than this process. */
  readonly owner: string;
  readonly client?: Client;
  /** Requests whose stream ended without their answer, which may still come on another stream; by id token. */
  readonly owed: Map<string, Tracking>;
}

/** Sessions remembered at once; at the bound no new one is opened, and none that is in use is forgotten. */
const MAX_SESSIONS = 10_000;
/** Answers that one session may owe. */
const MAX_OWED = 256;
const IDLE_MS = 24 * 3_600_000;

interface Entry extends Session {
  usedAtMs: number;
}

export class Sessions {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;
  readonly #max: number;

  constructor(nowMs: () => number, max = MAX_SESSIONS) {
    this.#nowMs = nowMs;
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether one more session can be opened; forgets what has been idle for a day. */
  hasRoom(): boolean {
    if (this.#entries.size >= this.#max) this.#forgetIdle();
    return this.#entries.size < this.#max;
  }

  open(id: string, owner: string, client: Client | undefined): void {
    this.#entries.set(id, this.#entry(id, owner, client));
  }

  // A session we never saw opened is older than this process, or made up: the server knows which.
  /** The session of that id, or undefined when it belongs to another principal. One not seen before is not kept yet. */
  use(id: string, principal: string): Session | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return this.#entry(id, principal, undefined);
    entry.usedAtMs = this.#nowMs();
    return entry.owner === principal ? entry : undefined;
  }

  /** Keeps a session that the server has accepted; its first user owns it. */
  keep(session: Session): void {
    if (this.#entries.has(session.id) || !this.hasRoom()) return;
    this.#entries.set(session.id, { ...session, usedAtMs: this.#nowMs() });
  }

  /** What the client of that session said of itself; before the caller's right to it was checked. */
  clientOf(id: string | undefined): Client | undefined {
    return id === undefined ? undefined : this.#entries.get(id)?.client;
  }

  close(id: string): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    for (const tracking of entry?.owed.values() ?? []) tracking.ended("cancelled");
  }

  closeAll(): void {
    for (const id of this.#entries.keys()) this.close(id);
  }

  #entry(id: string, owner: string, client: Client | undefined): Entry {
    return { id, owner, owed: new Map(), usedAtMs: this.#nowMs(), ...(client !== undefined && { client }) };
  }

  #forgetIdle(): void {
    const limit = this.#nowMs() - IDLE_MS;
    for (const { id, usedAtMs } of this.#entries.values()) if (usedAtMs < limit) this.close(id);
  }
}

/** Keeps a request open whose answer may come on another stream; ends it as `fallback` when that cannot be. */
export function oweAnswer(session: Session | undefined, tracking: Tracking, fallback: Outcome): void {
  const { rpcId } = tracking.request;
  if (session === undefined || session.owed.size >= MAX_OWED || session.owed.has(rpcId)) {
    tracking.ended(fallback);
    return;
  }
  session.owed.set(rpcId, tracking);
}

/** The request of that id whose answer came on another stream; it is owed no longer. */
export function takeOwed(session: Session | undefined, rpcId: string): Tracking | undefined {
  const tracking = session?.owed.get(rpcId);
  session?.owed.delete(rpcId);
  return tracking;
}
