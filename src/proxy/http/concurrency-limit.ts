/** What callers may hold at once, in flight or open: so much in all, and so much for each agent. */

export interface ConcurrencyBounds {
  readonly total: number;
  readonly perAgent: number;
}

export class ConcurrencyLimit {
  readonly #bounds: ConcurrencyBounds;
  /** Invariant: no entry is 0, so there are at most as many as places are taken. */
  readonly #byAgent = new Map<string, number>();
  #taken = 0;

  constructor(bounds: ConcurrencyBounds) {
    this.#bounds = bounds;
  }

  hasRoom(agent: string): boolean {
    return this.#taken < this.#bounds.total && this.#of(agent) < this.#bounds.perAgent;
  }

  /** One place for this agent, which it gives back by `leave`; false when it may have none now. */
  acquire(agent: string): boolean {
    if (!this.hasRoom(agent)) return false;
    this.#byAgent.set(agent, this.#of(agent) + 1);
    this.#taken += 1;
    return true;
  }

  release(agent: string): void {
    const held = this.#of(agent);
    if (held === 0) return;
    this.#taken -= 1;
    if (held === 1) this.#byAgent.delete(agent);
    else this.#byAgent.set(agent, held - 1);
  }

  #of(agent: string): number {
    return this.#byAgent.get(agent) ?? 0;
  }
}
