/** Parses one HTTP/1.1 response from bytes that are split anywhere; refuses anything ambiguous. */

import { Buffer } from "node:buffer";

import { type ResponseHead, parseResponseHead } from "./response-head.ts";
import { ChunkedDecoder } from "./chunked.ts";

type State = "head" | "body" | "complete" | "broken";

/** The limit of node:http. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Informational responses (1xx) before the final one; a server may send one every few seconds while it works. */
const MAX_INTERIM_RESPONSES = 256;
const LONE_LINE_FEED = /(?:^|[^\r])\n/;
const NO_BYTES = Buffer.alloc(0);

export class ResponseParser {
  #state: State = "head";
  #head: ResponseHead | undefined;
  /** The part of the head that has arrived. */
  #held: Buffer | undefined;
  #interim = 0;
  /** Bytes of the body that are missing; Infinity without a length. */
  #remaining = 0;
  #chunks: ChunkedDecoder | undefined;
  #data: Buffer[] = [];
  #hasExtra = false;

  /** Undefined until all of the head has arrived. */
  get head(): ResponseHead | undefined {
    return this.#head;
  }

  get isComplete(): boolean {
    return this.#state === "complete";
  }

  get isBroken(): boolean {
    return this.#state === "broken";
  }

  /** Whether bytes came after the end of the response, which no request asked for. */
  get hasExtra(): boolean {
    return this.#hasExtra;
  }

  push(bytes: Buffer): void {
    if (this.#state === "head") this.#readHead(bytes);
    else if (this.#state === "body") this.#readBody(bytes);
    else if (bytes.length > 0) this.#hasExtra = true;
  }

  /** The server has closed the connection, which completes a body that is framed by the connection. */
  end(): void {
    if (this.#state === "body" && this.#head?.framing.kind === "connection") this.#state = "complete";
    else if (this.#state !== "complete") this.#state = "broken";
  }

  /** Removes and returns the body bytes since the last call. */
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
    // Security: a lone line feed ends a line for some parsers and not for others.
    if (all.length >= MAX_HEAD_BYTES || LONE_LINE_FEED.test(all.toString("latin1"))) this.#state = "broken";
    else if (all.length > 0) this.#held = all;
  }

  /** Skips an informational response; 101 is refused, since no upgrade was asked for. */
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
    this.#state = "complete";
    this.#hasExtra = data.length < bytes.length;
  }

  #readChunks(chunks: ChunkedDecoder, bytes: Buffer): void {
    const read = chunks.push(bytes, (data) => this.#data.push(data));
    if (chunks.isBroken) this.#state = "broken";
    if (!chunks.isComplete) return;
    this.#state = "complete";
    this.#hasExtra = read < bytes.length;
  }
}
