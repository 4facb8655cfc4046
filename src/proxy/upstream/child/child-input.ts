/** The input of a child: one line for each message, in order; those of one turn of the event loop can go in one write. */

import type { Writable } from "node:stream";
import { ChildError } from "./child-error.ts";

/** Past this many characters the lines that have come together go at once: a larger write saves nothing. */
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

  /** The child runs: lines go in from now on. */
  open(): void {
    this.#isOpen = true;
    this.flush();
  }

  /** No line will ever go in. */
  fail(fault: ChildError): void {
    this.#fault = fault;
    this.#batch?.reject(fault);
    this.#batch = undefined;
  }

  /** Resolves when the pipe took the line, which must have no line break. @throws ChildError */
  send(line: string): Promise<void> {
    const taken = this.#add(line);
    this.flush();
    return taken;
  }

  /** The same, in one write with all that is sent in this turn. @throws ChildError */
  sendBatched(line: string): Promise<void> {
    if (this.#batch === undefined) setImmediate(() => this.flush());
    return this.#add(line);
  }

  /** Writes what waits for the end of the turn. */
  flush(): void {
    const batch = this.#batch;
    if (batch === undefined || !this.#isOpen) return;
    this.#batch = undefined;
    this.#pipe.write(batch.lines, (error) => {
      if (error === null || error === undefined) return batch.resolve();
      // The first of several lines may have been read before the pipe broke; a line by itself is whole or nothing.
      batch.reject(new ChildError("gone", "the child takes no more lines", error, batch.count > 1));
    });
  }

  #add(line: string): Promise<void> {
    // Security: a line break would make two messages of one, and the second was never judged.
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
