/** Shares freezes between sidecars through the store; the known freezes stay in force while the store is down. */

import { type Freeze, type FreezeTarget, type Freezes, freezeKey } from "./freezes.ts";
import { freezesScript } from "./redis-freezes.lua.ts";
import { type SharedStore, type StoreScript, StoreError, type StoreFault, storeKey } from "../store/store.ts";

/** A freeze as the state file keeps it. */
export interface StoredFreeze extends Freeze {
  /** The store has it, and the file is for the time until the store answers. Absent: it must still be sent to the store. */
  readonly isShared?: true;
}

export interface SharedFreezesParts {
  readonly store: SharedStore;
  /** The freezes that decide about calls. */
  readonly freezes: Freezes;
  /** The content of the state file. */
  readonly initial: readonly StoredFreeze[];
  /** Reads a freeze from a value of the store; undefined for any other value, such as a lifted freeze. */
  readonly read: (value: unknown) => Freeze | undefined;
  /** Saves all of them; false when that failed. */
  readonly save: (freezes: readonly StoredFreeze[]) => boolean;
  /** Called for each freeze that another sidecar has set or lifted. */
  readonly onRemoteChange: (change: "frozen" | "lifted", freeze: Freeze) => void;
  /** Called for each request that the store did not answer; for polls, only for the first in a row. */
  readonly onFailed: (fault: StoreFault) => void;
}

interface Change {
  readonly target: string;
  readonly what: "set" | "keep" | "lift";
  readonly freeze?: Freeze;
}

/** The content of the store at one moment. */
interface Snapshot {
  /** For each change: whether the target was frozen before it. */
  readonly wereFrozen: readonly boolean[];
  readonly freezes: ReadonlyMap<string, Freeze>;
}

export class SharedFreezes {
  readonly #parts: SharedFreezesParts;
  readonly #script: StoreScript;
  /** Set here, and not confirmed by the store yet. */
  readonly #unsynced = new Map<string, Freeze>();
  /** The last content of the store; entries that the store has lost are sent again. */
  #synced: ReadonlyMap<string, Freeze> = new Map();
  #requests = 0;
  #isStoreDown = false;
  #saved = "";

  constructor(parts: SharedFreezesParts) {
    this.#parts = parts;
    this.#script = parts.store.script("freezes", freezesScript());
    for (const { isShared, ...freeze } of parts.initial) {
      parts.freezes.set(freeze);
      if (isShared !== true) this.#unsynced.set(freezeKey(freeze), freeze);
    }
  }

  /** In force here at once. `isShared` is false when other sidecars get it only after the store is back. */
  async set(freeze: Freeze): Promise<{ readonly isKept: boolean; readonly isShared: boolean }> {
    const target = freezeKey(freeze);
    this.#parts.freezes.set(freeze);
    this.#unsynced.set(target, freeze);
    const isKept = this.#save();
    const snapshot = await this.#sync([{ target, what: "set", freeze }]);
    if (snapshot === undefined) return { isKept, isShared: false };
    this.#markSynced(target, freeze);
    return { isKept: this.#save(), isShared: true };
  }

  /** `unavailable`: a freeze that other sidecars have stays in force until the store answers. */
  async lift(frozen: FreezeTarget): Promise<"lifted" | "file" | "not_frozen" | "unavailable"> {
    const target = freezeKey(frozen);
    const wasKnown = this.#parts.freezes.byHand().some((freeze) => freezeKey(freeze) === target);
    const snapshot = await this.#sync([{ target, what: "lift" }]);
    const isOwn = this.#unsynced.has(target) && !this.#synced.has(target);
    if (snapshot === undefined && !isOwn) return "unavailable";
    this.#unsynced.delete(target);
    const state = this.#parts.freezes.lift(frozen);
    this.#save();
    const wasFrozen = wasKnown || snapshot?.wereFrozen[0] === true;
    return state === "not_frozen" && wasFrozen ? "lifted" : state;
  }

  /** Sends unsynced freezes and applies the content of the store; the known freezes stay in force when it does not answer. */
  async poll(): Promise<void> {
    const changes = [
      ...Array.from(this.#synced, ([target, freeze]): Change => ({ target, what: "keep", freeze })),
      ...Array.from(this.#unsynced, ([target, freeze]): Change => ({ target, what: "set", freeze })),
    ];
    const sent = new Map(this.#unsynced);
    if ((await this.#sync(changes, this.#isStoreDown)) === undefined) return;
    for (const [target, freeze] of sent) this.#markSynced(target, freeze);
    this.#save();
  }

  /** The freeze may have been replaced meanwhile, or a later reply may have confirmed or lifted it. */
  #markSynced(target: string, freeze: Freeze): void {
    if (this.#unsynced.get(target) !== freeze) return;
    this.#unsynced.delete(target);
    if (!this.#synced.has(target)) this.#synced = new Map([...this.#synced, [target, freeze]]);
  }

  async #sync(changes: readonly Change[], isFailureKnown = false): Promise<Snapshot | undefined> {
    const { store, onFailed } = this.#parts;
    const request = (this.#requests += 1);
    const args = changes.flatMap(({ target, what, freeze }) => [
      target,
      what,
      freeze ? JSON.stringify(freeze) : "",
    ]);
    try {
      const reply = await store.run(this.#script, { keys: [storeKey(store.scheme, "freezes")], args });
      this.#isStoreDown = false;
      const snapshot = this.#read(reply, changes.length);
      // Invariant: only the reply to the latest request is applied, so that no reply undoes a later change.
      if (request === this.#requests) this.#apply(snapshot, changes);
      return snapshot;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (!isFailureKnown) onFailed(error.fault);
      this.#isStoreDown = true;
      return undefined;
    }
  }

  #read(reply: unknown, changes: number): Snapshot {
    const values = Array.isArray(reply) ? reply.map(String) : [];
    if (values.length < changes)
      throw new StoreError("reply", "the limit store answered with a value that is not a list of freezes");
    const freezes = new Map<string, Freeze>();
    for (let index = changes; index + 1 < values.length; index += 2) {
      const freeze = this.#parts.read(parseJson(values[index + 1] ?? ""));
      if (freeze !== undefined) freezes.set(freezeKey(freeze), freeze);
    }
    return { wereFrozen: values.slice(0, changes).map((value) => value === "1"), freezes };
  }

  #apply({ freezes }: Snapshot, changes: readonly Change[]): void {
    const own = new Set(changes.filter(({ what }) => what !== "keep").map(({ target }) => target));
    const before = this.#parts.freezes.byHand();
    const known = new Set(before.map(freezeKey));
    this.#synced = freezes;
    const all = new Map([...freezes, ...this.#unsynced]);
    this.#parts.freezes.replaceByHand([...all.values()]);
    for (const [target, freeze] of all) if (!known.has(target)) this.#parts.onRemoteChange("frozen", freeze);
    for (const freeze of before) {
      const target = freezeKey(freeze);
      if (!all.has(target) && !own.has(target)) this.#parts.onRemoteChange("lifted", freeze);
    }
  }

  /** Saves the freezes in force, when they have changed. */
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
