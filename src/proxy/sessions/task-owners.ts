/** Remembers which agent each task belongs to: learnt from responses, checked before each use. */

import { principalOfOwner } from "../../enforcement/request.ts";

/** Most tasks remembered at once, of all agents and of one. */
const MAX_TASKS = 10_000;
const MAX_TASKS_PER_AGENT = 1_000;
const IDLE_MS = 24 * 3_600_000;
/** Least time between two sweeps, so that an agent at its bound does not cause one with each request. */
const SWEEP_MS = 60_000;

interface Entry {
  readonly owner: string;
  usedAtMs: number;
}

export class TaskOwners {
  readonly #entries = new Map<string, Entry>();
  readonly #counts = new Map<string, number>();
  readonly #nowMs: () => number;
  readonly #max: number;
  readonly #maxOfOne: number;
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: () => number, max = MAX_TASKS, maxOfOne = MAX_TASKS_PER_AGENT) {
    this.#nowMs = nowMs;
    this.#max = max;
    this.#maxOfOne = maxOfOne;
  }

  get size(): number {
    return this.#entries.size;
  }

  // Invariant: the first owner stays, whatever a later response says.
  /** Remembers that a response to this owner, a principal with its user, named the task. */
  learn(taskId: string, owner: string): void {
    const principal = principalOfOwner(owner);
    if (this.#entries.has(taskId) || !this.#hasRoom(principal)) return;
    this.#entries.set(taskId, { owner, usedAtMs: this.#nowMs() });
    this.#counts.set(principal, (this.#counts.get(principal) ?? 0) + 1);
  }

  // A task without a known owner is older than this process, or does not exist: the server decides.
  // Security: once there was no room to remember a task, an unknown one may be another agent's.
  /** Whether this owner may use the task. */
  mayUse(taskId: string, owner: string): boolean {
    const entry = this.#entries.get(taskId);
    if (entry === undefined) return this.#hasRoom(principalOfOwner(owner));
    if (entry.owner !== owner) return false;
    entry.usedAtMs = this.#nowMs();
    return true;
  }

  #hasRoom(principal: string): boolean {
    const isFull = (): boolean =>
      this.#entries.size >= this.#max || (this.#counts.get(principal) ?? 0) >= this.#maxOfOne;
    if (isFull()) this.#forgetIdle();
    return !isFull();
  }

  #forgetIdle(): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#sweptAtMs < SWEEP_MS) return;
    this.#sweptAtMs = nowMs;
    const limit = nowMs - IDLE_MS;
    for (const [taskId, { owner, usedAtMs }] of this.#entries) {
      if (usedAtMs >= limit) continue;
      this.#entries.delete(taskId);
      const principal = principalOfOwner(owner);
      const left = (this.#counts.get(principal) ?? 1) - 1;
      if (left > 0) this.#counts.set(principal, left);
      else this.#counts.delete(principal);
    }
  }
}
