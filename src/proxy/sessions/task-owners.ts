/** Remembers which agent and user each task belongs to: learnt from responses, checked before each use. */

import { type MaybePromise, whenDecided } from "../../enforcement/maybe-promise.ts";
import { principalOfOwner } from "../../enforcement/request.ts";

/** Most tasks remembered at once, of all agents and of one. */
const MAX_TASKS = 10_000;
const MAX_TASKS_PER_AGENT = 1_000;
const IDLE_MS = 24 * 3_600_000;
/** Least time between two sweeps, so that an agent at its bound does not cause one with each request. */
const SWEEP_MS = 60_000;

/** `unavailable`: the store that knows the owner gives no answer. */
export type TaskUse = "own" | "foreign" | "unavailable";

/** The owners of tasks that other processes have seen, or this one before a restart. Neither function rejects. */
export interface SharedTaskOwners {
  /** Makes the task this owner's, unless it has one. */
  readonly claim: (taskId: string, owner: string) => Promise<TaskUse>;
  readonly ask: (taskId: string, owner: string) => Promise<TaskUse>;
}

export interface TaskOwnersOptions {
  readonly nowMs: () => number;
  /**
   * For a task that this process has not seen: `server` lets the server decide, and makes its first user the owner; `none` refuses it.
   * Security: the former only where no credential names the callers.
   */
  readonly unknown: "server" | "none" | SharedTaskOwners;
  readonly max?: number;
  readonly maxOfOne?: number;
}

interface Entry {
  readonly owner: string;
  usedAtMs: number;
}

export class TaskOwners {
  readonly #entries = new Map<string, Entry>();
  readonly #counts = new Map<string, number>();
  /** Claims that the store has not answered yet. */
  readonly #claims = new Set<Promise<void>>();
  readonly #nowMs: () => number;
  readonly #unknown: TaskOwnersOptions["unknown"];
  readonly #max: number;
  readonly #maxOfOne: number;
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor({ nowMs, unknown, max = MAX_TASKS, maxOfOne = MAX_TASKS_PER_AGENT }: TaskOwnersOptions) {
    this.#nowMs = nowMs;
    this.#unknown = unknown;
    this.#max = max;
    this.#maxOfOne = maxOfOne;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether a list of tasks may show no other task than the caller's own. */
  get isStrict(): boolean {
    return this.#unknown !== "server";
  }

  // Invariant: the first owner stays, whatever a later response says.
  /** Remembers that a response to this owner, a principal with its user, named the task. */
  learn(taskId: string, owner: string): void {
    if (!this.#keep(taskId, owner) || typeof this.#unknown === "string") return;
    const claim = this.#unknown.claim(taskId, owner).then((use) => {
      if (use === "foreign") this.#forget(taskId);
      this.#claims.delete(claim);
    });
    this.#claims.add(claim);
  }

  /** Resolves when the store has the owner of each task, or has not answered in time. */
  async settled(): Promise<void> {
    await Promise.all(this.#claims);
  }

  /** Whether this owner may use the task. A promise only where the store must be asked. */
  mayUse(taskId: string, owner: string): MaybePromise<TaskUse> {
    const entry = this.#entries.get(taskId);
    if (entry === undefined) return this.#mayUseUnknown(taskId, owner);
    if (entry.owner !== owner) return "foreign";
    entry.usedAtMs = this.#nowMs();
    return "own";
  }

  /** Whether the task is known, and this owner's. */
  isOf(taskId: string, owner: string): boolean {
    return this.#entries.get(taskId)?.owner === owner;
  }

  /** Whether the task is known, and another owner's. */
  isOfAnother(taskId: string, owner: string): boolean {
    return this.#entries.has(taskId) && !this.isOf(taskId, owner);
  }

  #mayUseUnknown(taskId: string, owner: string): MaybePromise<TaskUse> {
    if (this.#unknown === "none") return "foreign";
    // Security: once there was no room to remember a task, an unknown one may be another agent's.
    if (this.#unknown === "server") return this.#hasRoom(principalOfOwner(owner)) ? "own" : "foreign";
    return whenDecided(this.#unknown.ask(taskId, owner), (use) => {
      if (use === "own") this.#keep(taskId, owner);
      return use;
    });
  }

  /** Whether the task is new, and there was room for it. */
  #keep(taskId: string, owner: string): boolean {
    const principal = principalOfOwner(owner);
    if (this.#entries.has(taskId) || !this.#hasRoom(principal)) return false;
    this.#entries.set(taskId, { owner, usedAtMs: this.#nowMs() });
    this.#counts.set(principal, (this.#counts.get(principal) ?? 0) + 1);
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
    for (const [taskId, { usedAtMs }] of this.#entries) if (usedAtMs < limit) this.#forget(taskId);
  }

  #forget(taskId: string): void {
    const entry = this.#entries.get(taskId);
    if (entry === undefined) return;
    this.#entries.delete(taskId);
    const principal = principalOfOwner(entry.owner);
    const left = (this.#counts.get(principal) ?? 1) - 1;
    if (left > 0) this.#counts.set(principal, left);
    else this.#counts.delete(principal);
  }
}
