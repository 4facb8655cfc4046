/** Tokens that the API server accepted lately, which stay good for a bounded time while it gives no answer. */

import type { Agent } from "../../enforcement/request.ts";

interface Reviewed {
  readonly agent: Agent;
  readonly reviewedAtMs: number;
  /** `exp` of the token, in milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

const MAX_TOKENS = 10_000;

export class ReviewedTokens {
  readonly #tokens = new Map<string, Reviewed>();
  readonly #graceMs: number;
  readonly #nowMs: () => number;

  constructor(graceMs: number, nowMs: () => number) {
    this.#graceMs = graceMs;
    this.#nowMs = nowMs;
  }

  /** Keeps the agent of an accepted token; evicts the oldest when full. */
  keep(digest: string, agent: Agent, expiresAtMs: number): void {
    if (this.#graceMs === 0) return;
    this.#tokens.delete(digest);
    this.#tokens.set(digest, { agent, expiresAtMs, reviewedAtMs: this.#nowMs() });
    if (this.#tokens.size <= MAX_TOKENS) return;
    const [oldest] = this.#tokens.keys();
    if (oldest !== undefined) this.#tokens.delete(oldest);
  }

  /** Forgets a token that the API server has refused. */
  forget(digest: string): void {
    this.#tokens.delete(digest);
  }

  // Security: neither past the token's own end nor past the grace, and a clock that is set back extends nothing.
  /** The agent, and until when the token stays good without a review; undefined when it does not. */
  find(digest: string): { readonly agent: Agent; readonly expiresAtMs: number } | undefined {
    const found = this.#tokens.get(digest);
    if (found === undefined) return undefined;
    const nowMs = this.#nowMs();
    const expiresAtMs = Math.min(found.expiresAtMs, found.reviewedAtMs + this.#graceMs);
    if (nowMs >= found.reviewedAtMs && nowMs < expiresAtMs) return { agent: found.agent, expiresAtMs };
    this.#tokens.delete(digest);
    return undefined;
  }
}
