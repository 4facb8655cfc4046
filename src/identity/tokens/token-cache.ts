/** Caches the agents of valid tokens by the digest of the token, so that a repeated token costs one lookup. */

import { hash } from "node:crypto";
import type { Agent } from "../../enforcement/request.ts";

interface Entry {
  readonly agent: Agent;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
  readonly length: number;
}

const MAX_TOKENS = 20_000;
/** Of the claims of all tokens, in characters. */
const MAX_LENGTH = 32 * 1024 * 1024;
const MAX_AGE_MS = 60_000;

export class TokenCache {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;
  readonly #max: number;
  readonly #maxLength: number;
  #length = 0;

  constructor(nowMs: () => number, max = MAX_TOKENS, maxLength = MAX_LENGTH) {
    this.#nowMs = nowMs;
    this.#max = max;
    this.#maxLength = maxLength;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Of the claims of all tokens, in characters. */
  get length(): number {
    return this.#length;
  }

  find(digest: string): Agent | undefined {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    if (isValidAt(entry, this.#nowMs())) return entry.agent;
    this.#drop(digest);
    return undefined;
  }

  // Invariant: only verified tokens are kept, so that invented tokens evict none.
  // When each entry made room for the next one, more tokens in turn than the cache holds would never be found in it.
  /**
   * Keeps the agent for a minute, and never past `expiresAtMs`; when full, only in the place of entries that have ended.
   * `length` is that of the claims that the agent holds.
   */
  keep(digest: string, agent: Agent, expiresAtMs: number, length = 0): void {
    const nowMs = this.#nowMs();
    this.#drop(digest);
    const isFull = (): boolean => this.#entries.size >= this.#max || this.#length + length > this.#maxLength;
    while (isFull()) if (!this.#dropOldest(nowMs)) return;
    this.#entries.set(digest, { agent, expiresAtMs: Math.min(nowMs + MAX_AGE_MS, expiresAtMs), length });
    this.#length += length;
  }

  /** Whether the oldest entry has ended, and was dropped. */
  #dropOldest(nowMs: number): boolean {
    const [oldest] = this.#entries;
    if (oldest === undefined || isValidAt(oldest[1], nowMs)) return false;
    this.#drop(oldest[0]);
    return true;
  }

  #drop(digest: string): void {
    this.#length -= this.#entries.get(digest)?.length ?? 0;
    this.#entries.delete(digest);
  }
}

// Security: a clock that is set back must not keep an entry longer.
function isValidAt({ expiresAtMs }: Entry, nowMs: number): boolean {
  return nowMs < expiresAtMs && nowMs >= expiresAtMs - MAX_AGE_MS;
}

/** sha256 in base64. Security: every map is keyed by it, so that no token is kept. */
export function tokenDigest(token: string): string {
  return hash("sha256", token, "base64");
}
