/** The store that sidecars share: its scripts, its keys and its errors, without the client that reaches it. */

export interface SharedStore extends ScriptConnection {
  /** It ends with its process, which then has to fill it again. */
  readonly isVolatile?: true;
  readonly scheme: KeyScheme;
  /** `name`: the operation, for a store that runs no Lua. */
  readonly script: (name: ScriptName, text: string) => StoreScript;
  /** Runs a script as one atomic step. Rejects with a StoreError, within the time limit of the store. */
  readonly run: (script: StoreScript, command: Command, onLate?: OnLate) => Promise<unknown>;
}

export interface ScriptConnection {
  readonly run: (script: StoreScript, command: Command) => Promise<unknown>;
}

/** The operations of the store. */
export type ScriptName =
  | "admit"
  | "refund"
  | "renew"
  | "approval-claim"
  | "approval-settle"
  | "approval-release"
  | "approval-list"
  | "freezes"
  | "task-owner"
  /** Only in a store that replicas share. */
  | "replica";

/** A Lua script. The text is sent once; afterwards the script is called by its digest. */
export interface StoreScript {
  readonly name: ScriptName;
  readonly text: string;
  readonly sha1: string;
}

/** The arguments of one run of a script. */
export interface Command {
  readonly keys: string[];
  readonly args: string[];
}

/** Called with a reply that came after the time limit, and with its connection, on which the effect can be undone. */
export type OnLate = (reply: unknown, connection: ScriptConnection) => void;

/** `connection`: not reached, or lost; `timeout`: no reply in time; `reply`: an error as the reply. */
export type StoreFault = "connection" | "timeout" | "reply" | "other";

/** The store gave no usable reply; whether the script has run is not known. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly fault: StoreFault;

  constructor(fault: StoreFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}

export interface KeyScheme {
  /** Separates the keys of Tollgate from other keys of the store. */
  readonly prefix: string;
  /** The server label. In braces, so that a cluster keeps all keys of a call on one node. */
  readonly server: string;
  /** Security: one-way, so that the store holds no session id that could be used. */
  readonly digest: (text: string) => string;
}

/** Version of the layout of keys and hashes. A change of the layout is a new version, and its counters start at zero. */
const SCHEME_VERSION = "v1";

/** The full name of a key in the store. */
export function storeKey({ prefix, server }: KeyScheme, name: string): string {
  return `${prefix}:${SCHEME_VERSION}:{${server}}:${name}`;
}

/** Lua: milliseconds since the epoch by the clock of the store, so that all sidecars use the same clock. */
export const SERVER_TIME =
  "(function(t) return t[1] * 1000 + math.floor(t[2] / 1000) end)(redis.call('TIME'))";
