/** Keeps the addresses of the replicas of one server in the store that they share: each announces its own, and looks up those of the others. */

import { type SharedStore, StoreError, type StoreFault, storeKey } from "../../enforcement/store/store.ts";
import type { HomeNames } from "./session-homes.ts";

export interface ReplicaDirectoryOptions {
  readonly store: SharedStore;
  /** `HOST:PORT` at which the other replicas reach this one. */
  readonly address: string;
  /** The names of this replica. Read at each use, since the file of the keys may change. */
  readonly names: () => HomeNames;
  readonly nowMs: () => number;
  /** Called for each request that the store did not answer. */
  readonly onFailed: (fault: StoreFault) => void;
}

const ANNOUNCE_MS = 5_000;
/** Lifetime of an entry: a replica that ended without a word is forgotten after it. */
const ENTRY_MS = 15_000;
const FRESH_MS = 1_000;
/** Most addresses that are remembered; a server has far fewer replicas. */
const MAX_KNOWN = 1_000;

/** KEYS: the names of a replica. ARGV: its address; the lifetime. */
const ANNOUNCE = `for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end`;
/** KEYS: the names of a replica. ARGV: its address. */
const WITHDRAW = `for _, key in ipairs(KEYS) do if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end end`;
const LOOK_UP = `return redis.call('GET', KEYS[1])`;

interface Known {
  readonly address: string;
  readonly atMs: number;
}

export class ReplicaDirectory {
  readonly #options: ReplicaDirectoryOptions;
  readonly #known = new Map<string, Known>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReplicaDirectoryOptions) {
    this.#options = options;
  }

  /** Announces this replica from now on. Resolves after the first time, whether or not the store answered. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#run(ANNOUNCE, String(ENTRY_MS)), ANNOUNCE_MS).unref();
    await this.#run(ANNOUNCE, String(ENTRY_MS));
  }

  /** Takes this replica out, so that the others carry nothing to it any more. */
  async withdraw(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#run(WITHDRAW);
  }

  isOwn(name: string): boolean {
    return this.#options.names().includes(name);
  }

  /** The address of the replica of this name; while the store gives no answer, the last one that is known. */
  async find(name: string): Promise<string | "absent" | "unavailable"> {
    const { store, nowMs, onFailed } = this.#options;
    const known = this.#known.get(name);
    if (known !== undefined && nowMs() - known.atMs < FRESH_MS) return known.address;
    try {
      const keys = [storeKey(store.scheme, `replica:${name}`)];
      const address = await store.run(store.script("replica", LOOK_UP), { keys, args: [] });
      this.#known.delete(name);
      if (typeof address !== "string") return "absent";
      if (this.#known.size < MAX_KNOWN) this.#known.set(name, { address, atMs: nowMs() });
      return address;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      onFailed(error.fault);
      return known?.address ?? "unavailable";
    }
  }

  /** Looks the name up again at its next use. */
  forget(name: string): void {
    this.#known.delete(name);
  }

  async #run(script: string, ...args: string[]): Promise<void> {
    const { store, address, names, onFailed } = this.#options;
    const keys = names().map((name) => storeKey(store.scheme, `replica:${name}`));
    try {
      await store.run(store.script("replica", script), { keys, args: [address, ...args] });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      onFailed(error.fault);
    }
  }
}
