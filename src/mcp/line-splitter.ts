/** Splits a stream of bytes into lines. Works on bytes, so it cuts no character, and drops a line beyond the bound whole. */

import type { Readable } from "node:stream";

const LF = 0x0a;
const CR = 0x0d;
const MIN_BUFFER_BYTES = 4_096;
const EMPTY = Buffer.alloc(0);

export interface LineBounds {
  /** Longest line in bytes, without its line end. */
  readonly maxBytes: number;
  /** Called for each longer line: with its first `maxBytes` bytes, then with each skipped part; `isEnd` is true for the last. */
  readonly onTooLong: (part: Buffer, isEnd: boolean) => void;
}

export class LineFramer {
  readonly #maxBytes: number;
  readonly #onTooLong: LineBounds["onTooLong"];
  /** Holds the beginning of an unfinished line in its first `#bufferedBytes` bytes. */
  #buffer: Buffer = EMPTY;
  #bufferedBytes = 0;
  #isSkipping = false;

  constructor({ maxBytes, onTooLong }: LineBounds) {
    this.#maxBytes = maxBytes;
    this.#onTooLong = onTooLong;
  }

  /** Yields the lines that end in this chunk, in order, without empty ones. */
  *push(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      const line = this.#complete(chunk.subarray(start, end));
      start = end + 1;
      if (line !== undefined && line.byteLength > 0) yield line;
    }
    if (start < chunk.byteLength) this.#keep(chunk.subarray(start));
  }

  /** Returns the last line of the stream when it has no line end; undefined when there is none. */
  end(): Buffer | undefined {
    const line = this.#complete(EMPTY);
    return line === undefined || line.byteLength === 0 ? undefined : line;
  }

  #complete(rest: Buffer): Buffer | undefined {
    if (this.#isSkipping) {
      this.#isSkipping = false;
      this.#onTooLong(rest, true);
      return undefined;
    }
    const line = this.#bufferedBytes === 0 ? rest : this.#joined(rest);
    const end = line.at(-1) === CR ? line.byteLength - 1 : line.byteLength;
    if (end <= this.#maxBytes) return line.subarray(0, end);
    this.#onTooLong(line.subarray(0, this.#maxBytes), false);
    this.#onTooLong(line.subarray(this.#maxBytes), true);
    return undefined;
  }

  #joined(rest: Buffer): Buffer {
    this.#append(rest);
    const line = this.#buffer.subarray(0, this.#bufferedBytes);
    this.#clear();
    return line;
  }

  #keep(part: Buffer): void {
    if (this.#isSkipping) return this.#onTooLong(part, false);
    // The byte after the bound may be the CR of the line end.
    if (this.#bufferedBytes + part.byteLength <= this.#maxBytes + 1) return this.#append(part);
    const missing = Math.max(0, this.#maxBytes - this.#bufferedBytes);
    this.#append(part.subarray(0, missing));
    this.#onTooLong(this.#buffer.subarray(0, this.#maxBytes), false);
    // Empty, or the CR after the bound.
    this.#onTooLong(this.#buffer.subarray(this.#maxBytes, this.#bufferedBytes), false);
    this.#clear();
    this.#isSkipping = true;
    this.#onTooLong(part.subarray(missing), false);
  }

  /** Doubles the buffer as needed, so that a line that arrives byte by byte is not copied for each byte. */
  #append(part: Buffer): void {
    const bytes = this.#bufferedBytes + part.byteLength;
    if (bytes > this.#buffer.byteLength) {
      const grown = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#buffer.byteLength, MIN_BUFFER_BYTES));
      this.#buffer.copy(grown, 0, 0, this.#bufferedBytes);
      this.#buffer = grown;
    }
    part.copy(this.#buffer, this.#bufferedBytes);
    this.#bufferedBytes = bytes;
  }

  #clear(): void {
    this.#buffer = EMPTY;
    this.#bufferedBytes = 0;
  }
}

/** Reads a stream to its end, one line at a time: waits for `onLine` before it reads on. A failed stream ends without an error. */
export async function readLines(
  stream: Readable,
  bounds: LineBounds,
  onLine: (line: Buffer) => void | Promise<void>,
): Promise<void> {
  const framer = new LineFramer(bounds);
  for await (const chunk of chunksOf(stream)) {
    for (const line of framer.push(chunk)) {
      const taken = onLine(line);
      if (taken !== undefined) await taken;
    }
  }
  const last = framer.end();
  if (last !== undefined) await onLine(last);
}

// Iterates instead of listening to `data`: when a child exits, node:child_process resumes a paused stream.
/** Yields the chunks of a stream; a failed stream ends without an error. */
export async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  const chunks: AsyncIterable<Buffer> = stream;
  const iterator = chunks[Symbol.asyncIterator]();
  for (;;) {
    const next = await iterator.next().catch(() => undefined);
    if (next === undefined || next.done === true) return;
    yield next.value;
  }
}
