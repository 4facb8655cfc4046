/** Tracks the open responses of a listener, and closes it gracefully. */

import type { Server } from "node:http";
import { Server as NetServer } from "node:net";
import type { ClientResponse } from "./client-response.ts";

/** How long a client may take to read the end of its stream, within the deadline of the drain. */
const MAX_STREAM_END_MS = 1_000;

/** An open response and its index in the list. */
interface Open {
  readonly response: ClientResponse;
  index: number;
}

export class Drain {
  // An array, not a Set: constant adding and deleting leaves a chain of hash tables, which retain closed responses until a full collection.
  /** Unordered. */
  readonly #responses: Open[] = [];
  /** Responses that stay open until the client closes them, with the function that ends each. */
  readonly #streams = new Map<ClientResponse, () => void>();
  #isDraining = false;
  #onChange: () => void = () => undefined;

  track(response: ClientResponse): void {
    const open = { response, index: this.#responses.length };
    this.#responses.push(open);
    if (this.#isDraining) response.shouldKeepAlive = false;
    response.on("close", () => {
      this.#remove(open);
      this.#streams.delete(response);
      this.#onChange();
    });
  }

  /** Marks a response as a stream, which the drain ends with `end` instead of waiting for it. */
  trackStream(response: ClientResponse, end: () => void): void {
    if (!response.closed) this.#streams.set(response, end);
    this.#onChange();
  }

  /** From now on every response has `Connection: close`. */
  beginConnectionClose(): void {
    this.#isDraining = true;
    for (const { response } of this.#responses) if (!response.headersSent) response.shouldKeepAlive = false;
  }

  /** Stops accepting, waits for requests, then ends streams. Cuts connections after `deadlineMs`; resolves when none is left. */
  async close(server: Server, deadlineMs: number): Promise<void> {
    if (!server.listening) return;
    this.beginConnectionClose();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    server.once("close", resolve);
    // `close` of node:http cuts responses that have ended but are not flushed yet.
    NetServer.prototype.close.call(server);
    const streamEndMs = Math.min(MAX_STREAM_END_MS, deadlineMs / 5);
    const endTimer = setTimeout(() => this.#endStreams(), deadlineMs - streamEndMs);
    const cutTimer = setTimeout(() => {
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
    clearTimeout(endTimer);
    clearTimeout(cutTimer);
    // Stops the timer by which node:http checks for slow requests.
    server.close();
  }

  #remove({ index }: Open): void {
    const last = this.#responses.pop();
    if (last === undefined || last.index === index) return;
    this.#responses[index] = last;
    last.index = index;
  }

  #endStreams(): void {
    for (const end of this.#streams.values()) end();
  }

  // Node counts a response as done that has ended but is not flushed yet.
  #closeIdle(server: Server): void {
    for (const { response } of this.#responses) if (response.writableEnded) return;
    server.closeIdleConnections();
  }
}
