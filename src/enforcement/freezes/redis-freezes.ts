/** Freezes in a store that sidecars share: one that is set or lifted at any of them holds at all; what is known stays while the store is away. */

import { type Freeze, type FreezeTarget, type Freezes, freezeKey } from "./freezes.ts";
import { freezesScript } from "./redis-freezes.lua.ts";
import { type SharedStore, type StoreScript, StoreError, type StoreFault, storeKey } from "../store/store.ts";

/** A freeze as a file of ours keeps it. */
export interface StoredFreeze extends Freeze {
  /** The store told of it: the file only bridges the time until the store answers. Absent: the store is to be told. */
  readonly isShared?: true;
}

export interface SharedFreezesParts {
  readonly store: SharedStore;
  /** What calls are judged by. */
  readonly freezes: Freezes;
  /** What a file kept. */
  readonly initial: readonly StoredFreeze[];
  /** The freeze that a value of the store is; undefined when it is none, as where it was lifted. */
  readonly read: (value: unknown) => Freeze | undefined;
  /** Keeps all of them; false when they could not be kept. */
  readonly save: (freezes: readonly StoredFreeze[]) => boolean;
  /** Hears what another sidecar has frozen or lifted. */
  readonly onRemoteChange: (change: "frozen" | "lifted", freeze: Freeze) => void;
  /** Hears of every question that the store gave no answer to; of looks, of the first in a row. */
  readonly onFailed: (fault: StoreFault) => void;
}

interface Change {
  readonly part: string;
  readonly what: "set" | "keep" | "lift";
  readonly freeze?: Freeze;
}

/** All that the store held at one moment. */
interface Snapshot {
  /** For each change: whether the part was frozen before it. */
  readonly wereFrozen: readonly boolean[];
  readonly freezes: ReadonlyMap<string, Freeze>;
}

export class SharedFreezes {
  readonly #parts: SharedFreezesParts;
  readonly #script: StoreScript;
  /** Set here, and not known to be in the store yet. */
  readonly #unsynced = new Map<string, Freeze>();
  /** What the store said last; it is told again of those that it has forgotten. */
  #synced: ReadonlyMap<string, Freeze> = new Map();
  #requests = 0;
  #isStoreDown = false;
  #saved = "";

  constructor(parts: SharedFreezesParts) {
    this.#parts = parts;
    this.#script = parts.store.script(freezesScript());
    for (const { isShared, ...freeze } of parts.initial) {
      parts.freezes.set(freeze);
      if (isShared !== true) this.#unsynced.set(freezeKey(freeze), freeze);
    }
  }

  /** In force here at once. `isShared` is false when the others hear of it only once the store answers. */
  async set(freeze: Freeze): Promise<{ readonly isKept: boolean; readonly isShared: boolean }> {
    const part = freezeKey(freeze);
    this.#parts.freezes.set(freeze);
    this.#unsynced.set(part, freeze);
    const isKept = this.#save();
    const truth = await this.#sync([{ part, what: "set", freeze }]);
    if (truth === undefined) return { isKept, isShared: false };
    this.#markSynced(part, freeze);
    return { isKept: this.#save(), isShared: true };
  }

  /** `unavailable`: a freeze that others know of stays until the store can be told. */
  async lift(frozen: FreezeTarget): Promise<"lifted" | "file" | "not_frozen" | "unavailable"> {
    const part = freezeKey(frozen);
    const wasKnown = this.#parts.freezes.byHand().some((freeze) => freezeKey(freeze) === part);
    const truth = await this.#sync([{ part, what: "lift" }]);
    const isOwn = this.#unsynced.has(part) && !this.#synced.has(part);
    if (truth === undefined && !isOwn) return "unavailable";
    this.#unsynced.delete(part);
    const state = this.#parts.freezes.lift(frozen);
    this.#save();
    const wasFrozen = wasKnown || truth?.wereFrozen[0] === true;
    return state === "not_frozen" && wasFrozen ? "lifted" : state;
  }

  /** Tells what the store does not know, and hears what it says now; what is known stays in force when it does not answer. */
  async poll(): Promise<void> {
    const changes = [
      ...Array.from(this.#synced, ([part, freeze]): Change => ({ part, what: "keep", freeze })),
      ...Array.from(this.#unsynced, ([part, freeze]): Change => ({ part, what: "set", freeze })),
    ];
    const telling = new Map(this.#unsynced);
    if ((await this.#sync(changes, this.#isStoreDown)) === undefined) return;
    for (const [part, freeze] of telling) this.#markSynced(part, freeze);
    this.#save();
  }

  /** It may have been set anew in the meantime, and a later answer may have told of it or of its end. */
  #markSynced(part: string, freeze: Freeze): void {
    if (this.#unsynced.get(part) !== freeze) return;
    this.#unsynced.delete(part);
    if (!this.#synced.has(part)) this.#synced = new Map([...this.#synced, [part, freeze]]);
  }

  async #sync(changes: readonly Change[], isKnownToBeAway = false): Promise<Snapshot | undefined> {
    const { store, onFailed } = this.#parts;
    const question = (this.#requests += 1);
    const args = changes.flatMap(({ part, what, freeze }) => [
      part,
      what,
      freeze ? JSON.stringify(freeze) : "",
    ]);
    try {
      const reply = await store.run(this.#script, { keys: [storeKey(store.scheme, "freezes")], args });
      this.#isStoreDown = false;
      const truth = this.#read(reply, changes.length);
      // Invariant: an answer never takes back what was changed after its question; the later answer is in force.
      if (question === this.#requests) this.#apply(truth, changes);
      return truth;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (!isKnownToBeAway) onFailed(error.fault);
      this.#isStoreDown = true;
      return undefined;
    }
  }

  #read(reply: unknown, changes: number): Snapshot {
    const values = Array.isArray(reply) ? reply.map(String) : [];
    if (values.length < changes) throw new StoreError("reply", "the limit store answered with no freezes");
    const freezes = new Map<string, Freeze>();
    for (let index = changes; index + 1 < values.length; index += 2) {
      const freeze = this.#parts.read(parseJson(values[index + 1] ?? ""));
      if (freeze !== undefined) freezes.set(freezeKey(freeze), freeze);
    }
    return { wereFrozen: values.slice(0, changes).map((value) => value === "1"), freezes };
  }

  #apply({ freezes }: Snapshot, changes: readonly Change[]): void {
    const own = new Set(changes.filter(({ what }) => what !== "keep").map(({ part }) => part));
    const before = this.#parts.freezes.byHand();
    const known = new Set(before.map(freezeKey));
    this.#synced = freezes;
    const all = new Map([...freezes, ...this.#unsynced]);
    this.#parts.freezes.replaceByHand([...all.values()]);
    for (const [part, freeze] of all) if (!known.has(part)) this.#parts.onRemoteChange("frozen", freeze);
    for (const freeze of before) {
      const part = freezeKey(freeze);
      if (!all.has(part) && !own.has(part)) this.#parts.onRemoteChange("lifted", freeze);
    }
  }

  /** Keeps what is in force, where it has changed. */
  #save(): boolean {
    const kept = this.#parts.freezes
      .byHand()
      .map((freeze): StoredFreeze =>
        this.#unsynced.has(freezeKey(freeze)) ? freeze : { ...freeze, isShared: true },
      );
    const text = JSON.stringify(kept);
    if (text === this.#saved) return true;
    const isKept = this.#parts.save(kept);
    if (isKept) this.#saved = text;
    return isKept;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
