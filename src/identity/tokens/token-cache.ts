/** Caches the agents of valid tokens by the digest of the token, so that a repeated token costs one lookup. */

import { hash } from "node:crypto";
import type { Agent } from "../../enforcement/request.ts";

interface Entry {
  readonly agent: Agent;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

const MAX_TOKENS = 10_000;
const MAX_AGE_MS = 60_000;

export class TokenCache {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;
  readonly #max: number;

  constructor(nowMs: () => number, max = MAX_TOKENS) {
    this.#nowMs = nowMs;
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(digest: string): Agent | undefined {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    const nowMs = this.#nowMs();
    // Security: a clock that is set back must not keep an entry longer.
    if (nowMs < entry.expiresAtMs && nowMs >= entry.expiresAtMs - MAX_AGE_MS) return entry.agent;
    this.#entries.delete(digest);
    return undefined;
  }

  // Invariant: only verified tokens are kept, so that invented tokens evict none.
  /** Keeps the agent for a minute, and never past `expiresAtMs`; evicts the oldest entry when full. */
  keep(digest: string, agent: Agent, expiresAtMs: number): void {
    const untilMs = Math.min(this.#nowMs() + MAX_AGE_MS, expiresAtMs);
    this.#entries.delete(digest);
    this.#entries.set(digest, { agent, expiresAtMs: untilMs });
    if (this.#entries.size <= this.#max) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** sha256 in base64. Security: every map is keyed by it, so that no token is kept. */
export function tokenDigest(token: string): string {
  return hash("sha256", token, "base64");
}
