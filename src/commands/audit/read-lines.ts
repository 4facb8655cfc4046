/** Reads lines of audit logs from files, gzipped files or stdin, with one chunk in memory at a time. */

import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";

/** Longer lines are skipped; a record has a few kilobytes. */
const MAX_LINE_LENGTH = 1_048_576;
const CHUNK_BYTES = 1_048_576;
const GZIP = Buffer.from([0x1f, 0x8b]);

/** `line` is called for each non-empty line, without its line break; `tooLong` for each skipped line. */
export interface LineListener {
  readonly line: (text: string) => void;
  readonly tooLong: () => void;
}

/** Reads a file, or `stdin` for `-`; gzip is recognised by its first bytes. @throws Error of node:fs or node:zlib. */
export async function readLines(file: string, stdin: Readable, reader: LineListener): Promise<void> {
  const source = file === "-" ? stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const splitter = new LineSplitter(reader);
  for await (const chunk of gunzipIfNeeded(source)) splitter.push(chunk);
  splitter.end();
}

async function* gunzipIfNeeded(source: Readable): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  const head = await firstBytes(chunks);
  const whole = prepend(head, chunks);
  if (!head.subarray(0, GZIP.length).equals(GZIP)) return yield* whole;
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const fed = pipeInto(gunzip, whole);
  yield* gunzip;
  await fed;
}

/** A pipe may deliver one byte at a time. */
async function firstBytes(chunks: AsyncIterator<Buffer | string>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < GZIP.length) {
    const { value, done } = await chunks.next();
    if (done === true) return head;
    head = Buffer.concat([head, Buffer.from(value)]);
  }
  return head;
}

async function* prepend(head: Buffer, chunks: AsyncIterator<Buffer | string>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
    yield Buffer.from(next.value);
}

async function pipeInto(
  gunzip: ReturnType<typeof createGunzip>,
  chunks: AsyncIterable<Buffer>,
): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (!gunzip.write(chunk)) await new Promise((resolve) => gunzip.once("drain", resolve));
    }
    gunzip.end();
  } catch (error) {
    gunzip.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #reader: LineListener;
  #rest = "";
  #isTooLong = false;

  constructor(reader: LineListener) {
    this.#reader = reader;
  }

  push(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
      this.#line(text.slice(from, end));
      from = end + 1;
    }
    this.#keep(text.slice(from));
  }

  /** The last line may have no line break. */
  end(): void {
    this.#line(this.#decoder.end());
  }

  #line(end: string): void {
    const line = this.#rest === "" ? end : this.#rest + end;
    this.#rest = "";
    if (this.#isTooLong || line.length > MAX_LINE_LENGTH) this.#reader.tooLong();
    else if (line !== "" && line !== "\r") this.#reader.line(line);
    this.#isTooLong = false;
  }

  #keep(rest: string): void {
    this.#rest += rest;
    if (this.#rest.length <= MAX_LINE_LENGTH) return;
    this.#rest = "";
    this.#isTooLong = true;
  }
}
