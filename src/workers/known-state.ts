/** The sessions and tools that workers have told of, for a worker that starts later. */

import type { StateNote } from "../proxy/sessions/state-notes.ts";
import type { ToolCatalog } from "../proxy/tools/tool-catalog.ts";

export class KnownState {
  readonly #maxSessions: number;
  readonly #tools: ToolCatalog;
  readonly #sessions = new Map<string, StateNote>();
  /** The pages of the last list of a client. */
  #lists: StateNote[] = [];
  #ownList = "";

  constructor(maxSessions: number, tools: ToolCatalog) {
    this.#maxSessions = maxSessions;
    this.#tools = tools;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  notes(): readonly StateNote[] {
    return [...this.#sessions.values(), ...this.#lists];
  }

  learn(note: StateNote): void {
    switch (note.kind) {
      case "session-opened":
        return this.#open(note.id, note);
      case "session-closed":
        this.#sessions.delete(note.id);
        return undefined;
      case "tools-listed":
        this.#lists = note.isFirstPage ? [note] : [...this.#lists, note];
        return this.#tools.learn(note.text, note.isFirstPage);
      case "own-list":
        return this.#learnOwnList(note.pages);
      case "request-cancelled":
      case "response-elsewhere":
      case "task-message":
        return undefined;
    }
  }

  #open(id: string, note: StateNote): void {
    this.#sessions.set(id, note);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > this.#maxSessions && oldest !== undefined) this.#sessions.delete(oldest);
  }

  /** Every worker asks the server by itself. */
  #learnOwnList(pages: readonly string[]): void {
    const text = JSON.stringify(pages);
    if (text === this.#ownList) return;
    this.#ownList = text;
    this.#tools.learnOwnList(pages);
  }
}
