/** A file to append lines to: in small batches, synchronously; lines that cannot be written are counted. */

import { closeSync, openSync, writeSync } from "node:fs";

export interface LineFileOptions {
  /** A path, or a descriptor that stays open, such as 2. */
  readonly target: string | number;
  /** Called with the number of lines that were lost. */
  readonly onDropped: (lines: number) => void;
}

/** At this many characters a batch is written before the end of the event loop's turn. */
const BATCH_LENGTH = 65_536;
/** A line that comes this long after the last write is written at once, so that a reader of the file sees it. */
const QUIET_MS = 2;
const NEWLINE = 0x0a;
/** Bytes that may wait for a full pipe. */
const MAX_REST_BYTES = 1_048_576;
const RETRY_MS = 10;
const EMPTY = Buffer.alloc(0);

/** Only the constructor throws. */
export class LineFile {
  readonly #target: string | number;
  readonly #onDropped: (lines: number) => void;
  #descriptor: number;
  #batch: string[] = [];
  #batchLength = 0;
  /** Bytes that a full pipe has not accepted yet. */
  #rest: Buffer = EMPTY;
  #isRetrying = false;
  #writtenAtMs = 0;
  /** Whether the file ends within a line. */
  #isWithinLine = false;
  /** Whether the rest of that line was lost; the next line then needs a line break before it. */
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

  /** Opens the file again by its path, after a rotation. Returns the error on failure; the old file stays in use. */
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
    this.#rest = EMPTY;
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

  /** Retries a full pipe later; with any other error, such as a full disk, the lines are lost and counted. */
  #keepOrDrop(rest: Buffer, error: unknown): void {
    if (isFullPipe(error) && rest.length <= MAX_REST_BYTES) {
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

/** A truncated line counts as one. */
function linesIn(bytes: Buffer): number {
  return bytes.reduce((sum, byte) => sum + (byte === NEWLINE ? 1 : 0), 0);
}

// Security: readable by the owner alone.
function open(target: string | number): number {
  return typeof target === "number" ? target : openSync(target, "a", 0o600);
}
