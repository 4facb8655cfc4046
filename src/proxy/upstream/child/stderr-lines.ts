/** A child's stderr as lines, bounded in length and rate: what a flood has too much is counted, and the flood is slowed down. */

import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { chunksOf, LineFramer } from "../../../mcp/line-splitter.ts";

const MAX_LINE_BYTES = 8_192;
const WINDOW_MS = 1_000;
/** In one window: lines that are passed on, and bytes that are read at all. */
const MAX_LINES = 200;
const MAX_BYTES = 4 * 1024 * 1024;

/** Reads to the end. `onLine` hears of each line, without what ends it. */
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
    // A child that writes more than this waits for its own pipe, and our event loop not for the child.
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

  /** How long to wait before more is read, in milliseconds. */
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

  /** Ends a window: says how many lines it left out. */
  close(): void {
    const leftOut = this.#lines - MAX_LINES;
    if (leftOut > 0) this.#onLine(`[${leftOut} lines left out: more than ${MAX_LINES} in a second]`);
    this.#startedAtMs = performance.now();
    this.#lines = 0;
    this.#bytes = 0;
  }
}
