/** Reads a child's stderr as lines of bounded length and rate: drops and counts further lines, and slows a flood down. */

import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { chunksOf, LineFramer } from "../../../mcp/line-splitter.ts";

const MAX_LINE_BYTES = 8_192;
const WINDOW_MS = 1_000;
/** Per window: lines that are passed on, and bytes that are read. */
const MAX_LINES = 200;
const MAX_BYTES = 4 * 1024 * 1024;

/** Reads to the end; calls `onLine` with each line, without its line end. */
export async function readStderr(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const limit = new LineLimit(onLine);
  let isWithin = false;
  const onTooLong = (part: Buffer, isEnd: boolean): void => {
    if (!isWithin) limit.emit(`${part.toString("utf8")} [cut]`);
    isWithin = !isEnd;
  };
  const framer = new LineFramer({ maxBytes: MAX_LINE_BYTES, onTooLong });
  for await (const chunk of chunksOf(stream)) {
    const waitMs = limit.delayAfter(chunk.byteLength);
    for (const line of framer.push(chunk)) limit.emit(line.toString("utf8"));
    // Backpressure: a child that writes more blocks on its pipe.
    if (waitMs > 0) await pause(waitMs);
  }
  const last = framer.end();
  if (last !== undefined) limit.emit(last.toString("utf8"));
  limit.close();
}

class LineLimit {
  readonly #onLine: (line: string) => void;
  #startedAtMs = performance.now();
  #lines = 0;
  #bytes = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Milliseconds to wait before reading on. */
  delayAfter(bytes: number): number {
    const leftMs = this.#startedAtMs + WINDOW_MS - performance.now();
    if (leftMs <= 0) this.close();
    this.#bytes += bytes;
    return this.#bytes < MAX_BYTES ? 0 : Math.max(0, leftMs);
  }

  emit(line: string): void {
    this.#lines += 1;
    if (this.#lines <= MAX_LINES) this.#onLine(line);
  }

  /** Ends a window, with a line that counts the dropped lines. */
  close(): void {
    const dropped = this.#lines - MAX_LINES;
    if (dropped > 0) this.#onLine(`[${dropped} lines left out: more than ${MAX_LINES} in a second]`);
    this.#startedAtMs = performance.now();
    this.#lines = 0;
    this.#bytes = 0;
  }
}
