/** The answers that a listener has begun and not ended, so that it can be left in good order. */

import type { Server, ServerResponse } from "node:http";
import { Server as NetServer } from "node:net";

/** So long a client may take for the end of its stream, within the time that the whole drain has. */
const MAX_STREAM_END_MS = 1_000;

/** An answer, and where it stands in the list of all. */
interface Open {
  readonly answer: ServerResponse;
  at: number;
}

export class Drain {
  // No Set: what is added and deleted all the time leaves a chain of tables behind, which keeps dead answers until the next full collection.
  /** In no order. */
  readonly #responses: Open[] = [];
  /** Those that end with no event of their own, and how to end them. */
  readonly #streams = new Map<ServerResponse, () => void>();
  #isDraining = false;
  #onChange: () => void = () => undefined;

  track(answer: ServerResponse): void {
    const open = { answer, at: this.#responses.length };
    this.#responses.push(open);
    if (this.#isDraining) answer.shouldKeepAlive = false;
    answer.on("close", () => {
      this.#remove(open);
      this.#streams.delete(answer);
      this.#onChange();
    });
  }

  /** This one lasts as long as its client: nobody waits for it, and `end` ends it in good order. */
  trackStream(answer: ServerResponse, end: () => void): void {
    if (!answer.closed) this.#streams.set(answer, end);
    this.#onChange();
  }

  /** From now on every answer asks its client to take its next request elsewhere. */
  beginConnectionClose(): void {
    this.#isDraining = true;
    for (const { answer } of this.#responses) if (!answer.headersSent) answer.shouldKeepAlive = false;
  }

  /** Takes no new connection, lets requests end, then ends streams; resolves when no connection is left, which it sees to after `deadlineMs`. */
  async close(server: Server, deadlineMs: number): Promise<void> {
    if (!server.listening) return;
    this.beginConnectionClose();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    server.once("close", resolve);
    // The close of node:http cuts answers that have ended and are still on their way.
    NetServer.prototype.close.call(server);
    const goodbyeMs = Math.min(MAX_STREAM_END_MS, deadlineMs / 5);
    const atLatest = setTimeout(() => this.#endStreams(), deadlineMs - goodbyeMs);
    const cut = setTimeout(() => {
      this.#endStreams();
      server.closeAllConnections();
    }, deadlineMs);
    this.#onChange = () => {
      if (this.#responses.length === this.#streams.size) this.#endStreams();
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

  #remove({ at }: Open): void {
    const last = this.#responses.pop();
    if (last === undefined || last.at === at) return;
    this.#responses[at] = last;
    last.at = at;
  }

  #endStreams(): void {
    for (const end of this.#streams.values()) end();
  }

  // Node takes an answer for done that was ended and is not sent yet.
  #closeIdle(server: Server): void {
    for (const { answer } of this.#responses) if (answer.writableEnded) return;
    server.closeIdleConnections();
  }
}
