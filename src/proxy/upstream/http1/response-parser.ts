/** Reads one HTTP/1.1 answer from the bytes of a connection, however they are split; everything doubtful breaks it. */

import { Buffer } from "node:buffer";

import { type ResponseHead, parseResponseHead } from "./response-head.ts";
import { ChunkedDecoder } from "./chunked.ts";

type State = "head" | "body" | "over" | "broken";

/** As node:http reads at most. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Answers of status 1xx before the one that counts. */
const MAX_INTERIM_RESPONSES = 8;
const LONE_LINE_FEED = /(?:^|[^\r])\n/;
const NO_BYTES = Buffer.alloc(0);

export class ResponseParser {
  #state: State = "head";
  #head: ResponseHead | undefined;
  /** The part of the head that has come. */
  #held: Buffer | undefined;
  #interim = 0;
  /** Bytes of the body that are still to come, where it has a length. */
  #remaining = 0;
  #chunks: ChunkedDecoder | undefined;
  #data: Buffer[] = [];
  #hasExtra = false;

  /** Absent until it is whole. */
  get head(): ResponseHead | undefined {
    return this.#head;
  }

  get isComplete(): boolean {
    return this.#state === "over";
  }

  get isBroken(): boolean {
    return this.#state === "broken";
  }

  /** Whether bytes came after the end of the answer: whatever they are, nobody asked for them. */
  get hasExtra(): boolean {
    return this.#hasExtra;
  }

  push(bytes: Buffer): void {
    if (this.#state === "head") this.#readHead(bytes);
    else if (this.#state === "body") this.#readBody(bytes);
    else if (bytes.length > 0) this.#hasExtra = true;
  }

  /** The connection was ended in good order: a body that lasts so long is whole. */
  end(): void {
    if (this.#state === "body" && this.#head?.framing.kind === "connection") this.#state = "over";
    else if (this.#state !== "over") this.#state = "broken";
  }

  /** What has come of the body since this was last called. */
  take(): Buffer {
    const data = this.#data;
    const [first] = data;
    if (first === undefined) return NO_BYTES;
    this.#data = [];
    return data.length === 1 ? first : Buffer.concat(data);
  }

  #readHead(bytes: Buffer): void {
    const held = this.#held;
    const all = held === undefined ? bytes : Buffer.concat([held, bytes]);
    this.#held = undefined;
    const end = all.indexOf("\r\n\r\n", Math.max(0, (held?.length ?? 0) - 3), "latin1");
    if (end === -1) return this.#hold(all);
    const head = end < MAX_HEAD_BYTES ? parseResponseHead(all.toString("latin1", 0, end + 2)) : undefined;
    if (head === undefined) this.#state = "broken";
    else if (head.statusCode >= 200) this.#begin(head, all.subarray(end + 4));
    else this.#skipInterim(head, all.subarray(end + 4));
  }

  #hold(all: Buffer): void {
    // Security: who ends lines with a line feed alone means them to be read otherwise than they look.
    if (all.length >= MAX_HEAD_BYTES || LONE_LINE_FEED.test(all.toString("latin1"))) this.#state = "broken";
    else if (all.length > 0) this.#held = all;
  }

  /** Leaves out an answer that only says that another will come; 101 says that none will. */
  #skipInterim({ statusCode }: ResponseHead, rest: Buffer): void {
    this.#interim += 1;
    if (statusCode === 101 || this.#interim > MAX_INTERIM_RESPONSES) this.#state = "broken";
    else this.#readHead(rest);
  }

  #begin(head: ResponseHead, rest: Buffer): void {
    this.#head = head;
    this.#state = "body";
    if (head.framing.kind === "chunks") this.#chunks = new ChunkedDecoder();
    else this.#remaining = head.framing.kind === "length" ? head.framing.bytes : Infinity;
    this.#readBody(rest);
  }

  #readBody(bytes: Buffer): void {
    if (this.#chunks !== undefined) return this.#readChunks(this.#chunks, bytes);
    const data = bytes.length <= this.#remaining ? bytes : bytes.subarray(0, this.#remaining);
    if (data.length > 0) this.#data.push(data);
    this.#remaining -= data.length;
    if (this.#remaining > 0) return;
    this.#state = "over";
    this.#hasExtra = data.length < bytes.length;
  }

  #readChunks(chunks: ChunkedDecoder, bytes: Buffer): void {
    const read = chunks.push(bytes, (data) => this.#data.push(data));
    if (chunks.isBroken) this.#state = "broken";
    if (!chunks.isComplete) return;
    this.#state = "over";
    this.#hasExtra = read < bytes.length;
  }
}
