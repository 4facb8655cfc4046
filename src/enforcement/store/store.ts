/** What all that is kept in a shared store has in common: how keys are named, commands are written, time is read, and calls fail. */

/** `connection`: not reached, or lost; `timeout`: no answer in time; `reply`: it answered with an error. */
export type StoreFault = "connection" | "timeout" | "reply" | "other";

/** The store could not answer; whether it has charged is not known. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly fault: StoreFault;

  constructor(fault: StoreFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}

export interface KeyScheme {
  /** Sets what belongs together apart from all else in the store. */
  readonly prefix: string;
  /** The server that the limits are about. Its braces keep all keys of a call on one node of a cluster. */
  readonly server: string;
  /** One-way, so that the store holds no name of a session that someone could use. */
  readonly digest: (text: string) => string;
}

/** Of the layout of keys and hashes; a change of either is a new version, which starts its counters anew. */
const SCHEME_VERSION = "v1";

/** The full name of a key; all keys of a server are on the node that holds its counters. */
export function storeKey({ prefix, server }: KeyScheme, name: string): string {
  return `${prefix}:${SCHEME_VERSION}:{${server}}:${name}`;
}

/** What a script is called with. */
export interface Command {
  readonly keys: string[];
  readonly args: string[];
}

/** In Lua: milliseconds since the epoch by the store's own clock, so that the clocks of the sidecars do not matter. */
export const SERVER_TIME =
  "(function(t) return t[1] * 1000 + math.floor(t[2] / 1000) end)(redis.call('TIME'))";
