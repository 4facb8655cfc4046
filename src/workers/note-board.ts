/** The notes that this worker sends to the others, and those that it gets from them. */

import type { StateNote, StateNotes } from "../proxy/sessions/state-notes.ts";
import type { Channel } from "./channel.ts";
import type { FromWorker } from "./messages.ts";

/** The notes of the other workers; those that come before the proxy is built wait for it. */
export class NoteBoard implements StateNotes {
  readonly #channel: Channel<FromWorker>;
  #early: StateNote[];
  #apply: ((note: StateNote) => void) | undefined;

  constructor(channel: Channel<FromWorker>, known: readonly StateNote[]) {
    this.#channel = channel;
    this.#early = [...known];
  }

  readonly send = (note: StateNote): void => this.#channel.send({ kind: "note", note });

  receive(apply: (note: StateNote) => void): void {
    this.#apply = apply;
  }

  begin(): void {
    for (const note of this.#early) this.#apply?.(note);
    this.#early = [];
  }

  deliver(note: StateNote): void {
    if (this.#apply === undefined) this.#early.push(note);
    else this.#apply(note);
  }
}
