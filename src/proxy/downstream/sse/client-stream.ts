/** The stream of one client of HTTP+SSE: whole events, written no faster than the client reads them. */

import type { ServerResponse } from "node:http";

/** Characters that end a line for some readers of event streams; JSON has them in strings alone. */
const DISPUTED = /[\u0085\u2028\u2029]/g;
const LINE_END = /\r\n|\r|\n/g;

export class ClientStream {
  readonly response: ServerResponse;
  readonly #onWritten: () => void;
  readonly #waiting: (() => void)[] = [];

  /** Writes the head of the stream; `onWritten` is called after each message. */
  constructor(response: ServerResponse, onWritten: () => void) {
    this.response = response;
    this.#onWritten = onWritten;
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    response.on("drain", () => this.#release());
    response.on("close", () => this.#release());
  }

  get isOpen(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  /** Names the address that the client posts its messages to. */
  writeEndpoint(reference: string): void {
    this.response.write(`event: endpoint\ndata: ${reference}\n\n`);
  }

  writeMessage(json: string): void {
    if (!this.isOpen) return;
    const data = json.replace(DISPUTED, escaped).replace(LINE_END, "\ndata: ");
    this.response.write(`event: message\ndata: ${data}\n\n`);
    this.#onWritten();
  }

  // Invariant: no more than one message beyond what the client has room for waits in memory.
  /** Calls back when the client takes more; one caller after the other. */
  readonly whenWritable = (callback: () => void): void => {
    this.#waiting.push(callback);
    this.#release();
  };

  #release(): void {
    while (this.#waiting.length > 0 && !(this.isOpen && this.response.writableNeedDrain))
      this.#waiting.shift()?.();
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
