/** The answers that a listener has begun and not ended, so that it can be left in good order. */

import type { Server, ServerResponse } from "node:http";
import { Server as NetServer } from "node:net";

/** So long a client may take for the end of its stream, within the time that the whole drain has. */
const LONGEST_GOODBYE_MS = 1_000;

export class OpenAnswers {
  readonly #answers = new Set<ServerResponse>();
  /** Those that end with no event of their own, and how to end them. */
  readonly #streams = new Map<ServerResponse, () => void>();
  #isLeaving = false;
  #onChange: () => void = () => undefined;

  begin(answer: ServerResponse): void {
    this.#answers.add(answer);
    if (this.#isLeaving) answer.shouldKeepAlive = false;
    answer.on("close", () => {
      this.#answers.delete(answer);
      this.#streams.delete(answer);
      this.#onChange();
    });
  }

  /** This one lasts as long as its client: nobody waits for it, and `end` ends it in good order. */
  isStream(answer: ServerResponse, end: () => void): void {
    if (this.#answers.has(answer)) this.#streams.set(answer, end);
    this.#onChange();
  }

  /** From now on every answer asks its client to take its next request elsewhere. */
  askToLeave(): void {
    this.#isLeaving = true;
    for (const answer of this.#answers) if (!answer.headersSent) answer.shouldKeepAlive = false;
  }

  /** Takes no new connection, lets requests end, then ends streams; resolves when no connection is left, which it sees to after `deadlineMs`. */
  async close(server: Server, deadlineMs: number): Promise<void> {
    if (!server.listening) return;
    this.askToLeave();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    server.once("close", resolve);
    // The close of node:http cuts answers that have ended and are still on their way.
    NetServer.prototype.close.call(server);
    const goodbyeMs = Math.min(LONGEST_GOODBYE_MS, deadlineMs / 5);
    const atLatest = setTimeout(() => this.#endStreams(), deadlineMs - goodbyeMs);
    const cut = setTimeout(() => {
      this.#endStreams();
      server.closeAllConnections();
    }, deadlineMs);
    this.#onChange = () => {
      if (this.#answers.size === this.#streams.size) this.#endStreams();
      this.#closeIdle(server);
    };
    this.#onChange();
    await closed;
    this.#onChange = () => undefined;
    clearTimeout(atLatest);
    clearTimeout(cut);
    // It is not listening any more: this ends the timer that node:http looks for slow requests by.
    server.close();
  }

  #endStreams(): void {
    for (const end of this.#streams.values()) end();
  }

  // Node takes an answer for done that was ended and is not sent yet.
  #closeIdle(server: Server): void {
    for (const answer of this.#answers) if (answer.writableEnded) return;
    server.closeIdleConnections();
  }
}
