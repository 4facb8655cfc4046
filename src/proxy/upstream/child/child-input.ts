/** The stdin of a child: one line for each message, in order, batched within a turn of the event loop. */

import type { Writable } from "node:stream";
import { ChildError } from "./child-error.ts";

/** Characters past which a batch is written at once: larger writes save nothing. */
const MAX_BATCH_LENGTH = 64 * 1024;

interface Batch extends PromiseWithResolvers<void> {
  lines: string;
  count: number;
}

export class ChildInput {
  readonly #pipe: Writable;
  #batch: Batch | undefined;
  #isOpen = false;
  #fault: ChildError | undefined;

  constructor(pipe: Writable) {
    this.#pipe = pipe;
  }

  /** Starts writing: the child runs. */
  open(): void {
    this.#isOpen = true;
    this.flush();
  }

  /** Rejects the lines that wait, and all later ones. */
  fail(fault: ChildError): void {
    this.#fault = fault;
    this.#batch?.reject(fault);
    this.#batch = undefined;
  }

  /** Resolves when the line is written to the pipe. It must contain no line break. @throws ChildError */
  send(line: string): Promise<void> {
    const written = this.#add(line);
    this.flush();
    return written;
  }

  /** As `send`, in one write with the other lines of this turn. @throws ChildError */
  sendBatched(line: string): Promise<void> {
    if (this.#batch === undefined) setImmediate(() => this.flush());
    return this.#add(line);
  }

  /** Writes the batch without waiting for the end of the turn. */
  flush(): void {
    const batch = this.#batch;
    if (batch === undefined || !this.#isOpen) return;
    this.#batch = undefined;
    this.#pipe.write(batch.lines, (error) => {
      if (error === null || error === undefined) return batch.resolve();
      // Of several lines the first may have been read before the pipe broke; a single line is read whole or not at all.
      batch.reject(new ChildError("gone", "the child takes no more lines", error, batch.count > 1));
    });
  }

  #add(line: string): Promise<void> {
    // Security: a line break would start a second message, which no policy has decided on.
    if (line.includes("\n") || line.includes("\r"))
      return Promise.reject(new TypeError("a line must not contain a line break"));
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    const batch = (this.#batch ??= { ...Promise.withResolvers<void>(), lines: "", count: 0 });
    batch.lines += `${line}\n`;
    batch.count += 1;
    if (batch.lines.length >= MAX_BATCH_LENGTH) this.flush();
    return batch.promise;
  }
}
