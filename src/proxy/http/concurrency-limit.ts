/** Limits how many requests or streams are open at once: in total, and per agent. */

export interface ConcurrencyBounds {
  readonly total: number;
  readonly perAgent: number;
}

export class ConcurrencyLimit {
  readonly #bounds: ConcurrencyBounds;
  // Invariant: no entry is 0, so the map has at most as many entries as slots are held.
  /** Held slots per agent. */
  readonly #byAgent = new Map<string, number>();
  #held = 0;

  constructor(bounds: ConcurrencyBounds) {
    this.#bounds = bounds;
  }

  /** Number of slots that are taken. */
  get held(): number {
    return this.#held;
  }

  hasRoom(agent: string): boolean {
    return this.#held < this.#bounds.total && this.#of(agent) < this.#bounds.perAgent;
  }

  /** Takes a slot for this agent, to be returned by `release`; false when none is free. */
  acquire(agent: string): boolean {
    if (!this.hasRoom(agent)) return false;
    this.#byAgent.set(agent, this.#of(agent) + 1);
    this.#held += 1;
    return true;
  }

  release(agent: string): void {
    const held = this.#of(agent);
    if (held === 0) return;
    this.#held -= 1;
    if (held === 1) this.#byAgent.delete(agent);
    else this.#byAgent.set(agent, held - 1);
  }

  #of(agent: string): number {
    return this.#byAgent.get(agent) ?? 0;
  }
}
