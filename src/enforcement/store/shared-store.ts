/** A store that several sidecars share, as those who keep something in it see it: scripts, each of them one atomic step. */

import type { Command, KeyScheme } from "./store.ts";

/** The text is sent once; then it is called by its digest. */
export interface StoreScript {
  readonly text: string;
  readonly sha1: string;
}

export interface ScriptConnection {
  readonly run: (script: StoreScript, command: Command) => Promise<unknown>;
}

/** Hears of a reply that came when nobody waited for it any more, and on which line, where it can be undone. */
export type OnLate = (reply: unknown, line: ScriptConnection) => void;

export interface SharedStore extends ScriptConnection {
  readonly scheme: KeyScheme;
  readonly script: (text: string) => StoreScript;
  /** Rejects with a StoreError, within the store's time bound. */
  readonly run: (script: StoreScript, command: Command, onLate?: OnLate) => Promise<unknown>;
}
