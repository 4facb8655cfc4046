/** A store in the memory of one process, with the operations of the Redis scripts: for the workers of one sidecar. */

import {
  type Command,
  type KeyScheme,
  type ScriptName,
  type SharedStore,
  StoreError,
  type StoreScript,
} from "./store.ts";

/** One operation, which runs to its end before the next one begins. Returns the reply of the script of this name. */
export type MemoryOperation = (values: MemoryValues, command: Command, nowMs: number) => unknown;

export type MemoryOperations = Readonly<Record<Exclude<ScriptName, "replica">, MemoryOperation>>;

/** The values of the store, by key. A value ends when its time is over. */
export class MemoryValues {
  readonly #entries = new Map<string, { readonly value: object; endsMs: number }>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value of this class; `make` makes one when there is none. */
  use<T extends object>(key: string, kind: new () => T): T {
    const known = this.find(key, kind);
    if (known !== undefined) return known;
    const value = new kind();
    this.#entries.set(key, { value, endsMs: Infinity });
    return value;
  }

  /** Undefined for a key without a value, and for one whose value is of another class. */
  find<T extends object>(key: string, kind: new () => T): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.endsMs <= this.#nowMs()) return undefined;
    return entry.value instanceof kind ? entry.value : undefined;
  }

  expire(key: string, inMs: number): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.endsMs = this.#nowMs() + inMs;
  }

  *all<T extends object>(kind: new () => T): Generator<readonly [key: string, value: T]> {
    for (const [key, { value }] of this.#entries) if (value instanceof kind) yield [key, value];
  }

  /** Removes the values that have ended. */
  sweep(): void {
    const nowMs = this.#nowMs();
    for (const [key, { endsMs }] of this.#entries) if (endsMs <= nowMs) this.#entries.delete(key);
  }
}

export interface MemoryStoreOptions {
  readonly scheme: KeyScheme;
  readonly operations: MemoryOperations;
  readonly nowMs: () => number;
}

export class MemoryStore implements SharedStore {
  readonly isVolatile = true as const;
  readonly scheme: KeyScheme;
  readonly values: MemoryValues;
  readonly #operations: MemoryOperations;
  readonly #nowMs: () => number;

  constructor({ scheme, operations, nowMs }: MemoryStoreOptions) {
    this.scheme = scheme;
    this.values = new MemoryValues(nowMs);
    this.#operations = operations;
    this.#nowMs = nowMs;
  }

  script(name: ScriptName): StoreScript {
    return { name, text: "", sha1: "" };
  }

  /** Invariant: synchronous up to the reply, so that no other operation comes between. */
  run({ name }: Pick<StoreScript, "name">, command: Command): Promise<unknown> {
    if (name === "replica") return Promise.reject(new StoreError("other", "this store has no replicas"));
    try {
      return Promise.resolve(this.#operations[name](this.values, command, this.#nowMs()));
    } catch (error) {
      return Promise.reject(new StoreError("reply", "the limit store failed", error));
    }
  }
}
