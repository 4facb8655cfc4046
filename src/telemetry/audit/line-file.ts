/** A file that lines are appended to: in small batches, synchronously, and counting what could not be written. */

import { closeSync, openSync, writeSync } from "node:fs";

export interface LineFileOptions {
  /** A path, or a descriptor that stays open, such as 2. */
  readonly target: string | number;
  /** How many lines were lost. */
  readonly onDropped: (lines: number) => void;
}

/** While lines come fast they wait for the end of this turn of the event loop, or until they are so many characters. */
const BATCH_LENGTH = 65_536;
/** A line that comes so long after the last write is written at once: who acts on its call finds it there. */
const QUIET_MS = 2;
const NEWLINE = 0x0a;
/** What may wait for a pipe that is full. */
const MAX_REST = 1_048_576;
const RETRY_MS = 10;
const NOTHING = Buffer.alloc(0);

/** Nothing here throws but the constructor. */
export class LineFile {
  readonly #target: string | number;
  readonly #onDropped: (lines: number) => void;
  #descriptor: number;
  #batch: string[] = [];
  #batchLength = 0;
  /** What a full pipe did not take yet, and the line breaks in it. */
  #rest: Buffer = NOTHING;
  #isRetrying = false;
  #writtenAtMs = 0;
  /** The file ends within a line. */
  #isWithinLine = false;
  /** The rest of that line was lost; the next one must not be glued to it. */
  #isTorn = false;
  #isClosed = false;

  /** @throws Error of node:fs when the file cannot be opened. */
  constructor({ target, onDropped }: LineFileOptions) {
    this.#target = target;
    this.#onDropped = onDropped;
    this.#descriptor = open(target);
  }

  /** `line` ends with its line break. */
  append(line: string): void {
    if (this.#isClosed) return this.#onDropped(1);
    this.#batch.push(line);
    this.#batchLength += line.length;
    const isQuiet = performance.now() - this.#writtenAtMs > QUIET_MS;
    if (isQuiet || this.#batchLength >= BATCH_LENGTH) this.flush();
    else if (this.#batch.length === 1) setImmediate(() => this.flush());
  }

  flush(): void {
    if (this.#batch.length === 0 && this.#rest.length === 0) return;
    this.#writtenAtMs = performance.now();
    const lines = this.#batch.join("");
    this.#batch = [];
    this.#batchLength = 0;
    const isPlain = !this.#isTorn && this.#rest.length === 0;
    const prefix = this.#isTorn ? "\n" : "";
    this.#write(
      isPlain ? Buffer.from(lines) : Buffer.concat([Buffer.from(prefix), this.#rest, Buffer.from(lines)]),
    );
  }

  /** For rotation: lets go of the file, and opens the one that has its name now. On failure it keeps the old one. */
  reopen(): Error | undefined {
    if (typeof this.#target === "number" || this.#isClosed) return undefined;
    this.flush();
    try {
      const next = open(this.#target);
      closeSync(this.#descriptor);
      this.#descriptor = next;
      this.#isTorn = false;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.flush();
    this.#isClosed = true;
    if (this.#rest.length > 0) this.#onDropped(linesIn(this.#rest));
    if (typeof this.#target === "string") closeSync(this.#descriptor);
  }

  #write(bytes: Buffer): void {
    this.#rest = NOTHING;
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
      this.#isTorn = false;
      this.#isWithinLine = false;
    } catch (error) {
      const prefixLength = this.#isTorn && written === 0 ? 1 : 0;
      if (written > 0) {
        this.#isTorn = false;
        this.#isWithinLine = bytes[written - 1] !== NEWLINE;
      }
      this.#keepOrDrop(bytes.subarray(written + prefixLength), error);
    }
  }

  /** A full pipe gets another chance; with a full disk the lines are lost and counted. */
  #keepOrDrop(rest: Buffer, error: unknown): void {
    if (isFullPipe(error) && rest.length <= MAX_REST) {
      this.#rest = rest;
      this.#retry();
      return;
    }
    this.#onDropped(linesIn(rest));
    this.#isTorn = this.#isWithinLine;
  }

  #retry(): void {
    if (this.#isRetrying) return;
    this.#isRetrying = true;
    setTimeout(() => {
      this.#isRetrying = false;
      this.flush();
    }, RETRY_MS).unref();
  }
}

function isFullPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}

/** A line that was cut counts as one. */
function linesIn(bytes: Buffer): number {
  return bytes.reduce((sum, byte) => sum + (byte === NEWLINE ? 1 : 0), 0);
}

/** Security: readable by the owner alone. */
function open(target: string | number): number {
  return typeof target === "number" ? target : openSync(target, "a", 0o600);
}
