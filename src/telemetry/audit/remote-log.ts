/** Sends lines to a receiver on the network: in batches, in order, one batch at a time; lines that cannot wait are lost and counted. */

import type { LineFileOptions } from "./line-file.ts";

/** A way to the receiver. */
export interface LineSender {
  /** Sends lines without line breaks. Returns those that are lost in spite of it; rejects when all are to be sent again. */
  readonly send: (lines: readonly string[]) => Promise<LostLines>;
  readonly close: () => void;
}

export interface LostLines {
  readonly lines: number;
  readonly error?: unknown;
}

export const NONE_LOST: LostLines = { lines: 0 };

/** As much waits as may wait, though no send has failed. */
export class QueueFullError extends Error {
  override readonly name = "QueueFullError";
}

type Reports = Pick<LineFileOptions, "onDropped" | "onRecovered">;

/** Characters that may wait while the receiver does not take them: some 6,000 records. */
const MAX_WAITING = 4_194_304;
const MAX_BATCH_LINES = 64;
const RETRY_MS = 1_000;
const CLOSE_MS = 3_000;

export class RemoteLog {
  readonly #sender: LineSender;
  readonly #reports: Reports;
  #waiting: string[] = [];
  #waitingLength = 0;
  #lastError: unknown;
  #hasLost = false;
  #isClosed = false;
  #retry: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;

  constructor(sender: LineSender, reports: Reports) {
    this.#sender = sender;
    this.#reports = reports;
  }

  /** `line` ends with its line break. */
  append(line: string): void {
    if (this.#isClosed) return this.#lose(1, new Error("the log is closed"));
    if (this.#waitingLength + line.length > MAX_WAITING) return this.#lose(1, this.#fullError());
    this.#waiting.push(line.trimEnd());
    this.#waitingLength += line.length;
    this.flush();
  }

  /** Begins to send what waits; it is not awaited, so no call is delayed. */
  flush(): void {
    if (this.#sending !== undefined || this.#retry !== undefined) return;
    this.#sending = this.#sendAll().finally(() => (this.#sending = undefined));
  }

  /** Sends what waits, for three seconds at most. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#resume();
    await Promise.race([this.#sending, delayed(CLOSE_MS)]);
    if (this.#waiting.length > 0) this.#lose(this.#waiting.length, this.#fullError());
    this.#waiting = [];
    clearTimeout(this.#retry);
    this.#sender.close();
  }

  async #sendAll(): Promise<void> {
    // Lines of one turn of the event loop share a batch.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH_LINES);
      try {
        const lost = await this.#sender.send(batch);
        this.#remove(batch.length);
        if (lost.lines > 0) this.#lose(lost.lines, lost.error);
        else this.#recover();
      } catch (error) {
        this.#lastError = error;
        this.#retry ??= setTimeout(() => this.#resume(), RETRY_MS).unref();
        return;
      }
    }
  }

  #resume(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.flush();
  }

  #remove(lines: number): void {
    const sent = this.#waiting.splice(0, lines);
    this.#waitingLength -= sent.reduce((sum, line) => sum + line.length + 1, 0);
  }

  #recover(): void {
    if (!this.#hasLost || this.#isClosed) return;
    this.#hasLost = false;
    this.#reports.onRecovered?.();
  }

  #lose(lines: number, error: unknown): void {
    this.#hasLost = true;
    this.#reports.onDropped(lines, error);
  }

  #fullError(): unknown {
    return this.#lastError ?? new QueueFullError("the receiver does not keep up");
  }
}

function delayed(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
