/** A file to append lines to: in small batches, synchronously; lines that cannot be written are counted. */

import { closeSync, openSync, writeSync } from "node:fs";
import { fateOf, type FileFate } from "./file-identity.ts";

export interface LineFileOptions {
  /** A path, or a descriptor that stays open, such as 2. */
  readonly target: string | number;
  /** Called with the number of lines that were lost, and why. */
  readonly onDropped: (lines: number, error: unknown) => void;
  /** Called when the file was found deleted or replaced, and was opened again by its path. */
  readonly onReopened?: (fate: Exclude<FileFate, "same">) => void;
  /** Called after a write that succeeded, when lines were lost before it. */
  readonly onRecovered?: () => void;
}

/** At this many characters a batch is written before the end of the event loop's turn. */
const BATCH_LENGTH = 65_536;
/** A line that comes this long after the last write is written at once, so that a reader of the file sees it. */
const QUIET_MS = 2;
const NEWLINE = 0x0a;
/** Bytes that may wait for a full pipe. */
const MAX_REST_BYTES = 1_048_576;
const RETRY_MS = 10;
/** Time between two looks at the file's name. */
const LOOK_MS = 250;
/** Characters that are kept until the next look, to be written again when the file was deleted. */
const MAX_UNSEEN_LENGTH = 262_144;
const EMPTY = Buffer.alloc(0);

/** Only the constructor throws. */
export class LineFile {
  readonly #options: LineFileOptions;
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
  #hasLost = false;
  /** Written since the last look at the file's name. */
  #unseen: string[] = [];
  #unseenLength = 0;
  #look: NodeJS.Timeout | undefined;

  /** @throws Error of node:fs when the file cannot be opened. */
  constructor(options: LineFileOptions) {
    this.#options = options;
    this.#descriptor = open(options.target);
  }

  /** `line` ends with its line break. */
  append(line: string): void {
    if (this.#isClosed) return this.#lose(1, new Error("the file is closed"));
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
    this.#remember(lines);
    this.#writeLines(lines);
  }

  /** Opens the file again by its path, after a rotation. Returns the error on failure; the old file stays in use. */
  reopen(): Error | undefined {
    const { target } = this.#options;
    if (typeof target === "number" || this.#isClosed) return undefined;
    this.flush();
    return this.#openAgain(target);
  }

  close(): void {
    if (this.#isClosed) return;
    this.flush();
    this.#lookAtName();
    this.#isClosed = true;
    if (this.#rest.length > 0) this.#lose(linesIn(this.#rest), new Error("the pipe is full"));
    if (typeof this.#options.target === "string") closeSync(this.#descriptor);
  }

  #writeLines(lines: string): void {
    const isPlain = !this.#isTorn && this.#rest.length === 0;
    const prefix = this.#isTorn ? "\n" : "";
    this.#write(
      isPlain ? Buffer.from(lines) : Buffer.concat([Buffer.from(prefix), this.#rest, Buffer.from(lines)]),
    );
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
      return this.#keepOrDrop(bytes.subarray(written + prefixLength), error);
    }
    if (!this.#hasLost) return;
    this.#hasLost = false;
    this.#options.onRecovered?.();
  }

  /** Retries a full pipe later; with any other error, such as a full disk, the lines are lost and counted. */
  #keepOrDrop(rest: Buffer, error: unknown): void {
    if (isFullPipe(error) && rest.length <= MAX_REST_BYTES) {
      this.#rest = rest;
      this.#retry();
      return;
    }
    this.#lose(linesIn(rest), error);
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

  #lose(lines: number, error: unknown): void {
    this.#hasLost = true;
    this.#options.onDropped(lines, error);
  }

  /** Keeps what is written until the next look, which is due within LOOK_MS. */
  #remember(lines: string): void {
    if (typeof this.#options.target === "number") return;
    if (this.#unseenLength > MAX_UNSEEN_LENGTH) this.#lookAtName();
    this.#unseen.push(lines);
    this.#unseenLength += lines.length;
    this.#look ??= setTimeout(() => this.#lookAtName(), LOOK_MS).unref();
  }

  #forget(): void {
    clearTimeout(this.#look);
    this.#look = undefined;
    this.#unseen = [];
    this.#unseenLength = 0;
  }

  /** Opens the file again when its name leads elsewhere; lines that went into a deleted file are written again. */
  #lookAtName(): void {
    const { target, onReopened } = this.#options;
    if (typeof target === "number" || this.#isClosed) return;
    const unseen = this.#unseen.join("");
    this.#forget();
    const fate = fateOf(this.#descriptor, target);
    if (fate === "same") return;
    const failure = this.#openAgain(target);
    if (failure === undefined) {
      onReopened?.(fate);
      if (fate === "deleted") this.#writeLines(unseen);
    } else if (fate === "deleted") this.#lose(linesIn(Buffer.from(unseen)), failure);
  }

  #openAgain(path: string): Error | undefined {
    try {
      const next = open(path);
      closeSync(this.#descriptor);
      this.#descriptor = next;
      this.#isTorn = false;
      this.#forget();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
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
