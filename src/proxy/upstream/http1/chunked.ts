/** Decodes a chunked body (RFC 9112, section 7.1) strictly, from bytes that are split anywhere; drops trailers. */

import { Buffer } from "node:buffer";

import { parseHeaderLines } from "../../http/header-fields.ts";

type State = "size" | "data" | "data end" | "trailers" | "complete" | "broken";

const LF = 0x0a;
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = String.raw`"(?:[\t !#-[\]-~]|\\[\t -~])*"`;
/** The chunk size and its extensions, which are bounded and ignored. */
const SIZE_LINE = new RegExp(`^([0-9A-Fa-f]{1,12})(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*$`);
const MAX_LINE_BYTES = 512;
const MAX_EXTENSION_BYTES = 16 * 1024;
const MAX_TRAILER_BYTES = 16 * 1024;

export class ChunkedDecoder {
  #state: State = "size";
  /** Bytes of the chunk that are missing. */
  #remaining = 0;
  /** The part of a line that has arrived. */
  #held: Buffer | undefined;
  #extensionBytes = 0;
  #trailerBytes = 0;

  get isBroken(): boolean {
    return this.#state === "broken";
  }

  get isComplete(): boolean {
    return this.#state === "complete";
  }

  /** Passes data to `onData`; returns the number of bytes read, less than all of them when the body ends before. */
  push(bytes: Buffer, onData: (data: Buffer) => void): number {
    const held = this.#held;
    const all = held === undefined ? bytes : Buffer.concat([held, bytes]);
    this.#held = undefined;
    let at = 0;
    while (at < all.length && !this.isComplete && !this.isBroken) {
      const end = this.#step(all, at, onData);
      if (end === -1) break;
      at = end;
    }
    if (!this.isComplete && !this.isBroken) this.#hold(all, at);
    return at - (held?.length ?? 0);
  }

  /** Reads data or one line; returns the offset of its end, or -1 when the line is incomplete. */
  #step(bytes: Buffer, at: number, onData: (data: Buffer) => void): number {
    if (this.#state === "data") return this.#data(bytes, at, onData);
    const end = bytes.indexOf("\r\n", at, "latin1");
    if (end === -1) return -1;
    this.#line(bytes.toString("latin1", at, end));
    return end + 2;
  }

  #data(bytes: Buffer, at: number, onData: (data: Buffer) => void): number {
    const end = Math.min(bytes.length, at + this.#remaining);
    this.#remaining -= end - at;
    onData(bytes.subarray(at, end));
    if (this.#remaining === 0) this.#state = "data end";
    return end;
  }

  #line(line: string): void {
    if (line.length > MAX_LINE_BYTES && this.#state !== "trailers") this.#state = "broken";
    else if (this.#state === "size") this.#size(line);
    else if (this.#state === "data end") this.#state = line === "" ? "size" : "broken";
    else this.#trailer(line);
  }

  #size(line: string): void {
    const digits = SIZE_LINE.exec(line)?.[1];
    this.#extensionBytes += line.length - (digits?.length ?? 0);
    if (digits === undefined || this.#extensionBytes > MAX_EXTENSION_BYTES) {
      this.#state = "broken";
      return;
    }
    this.#remaining = Number.parseInt(digits, 16);
    this.#state = this.#remaining === 0 ? "trailers" : "data";
  }

  #trailer(line: string): void {
    this.#trailerBytes += line.length + 2;
    if (line === "") this.#state = "complete";
    else if (this.#trailerBytes > MAX_TRAILER_BYTES || parseHeaderLines(`${line}\r\n`, 0) === undefined)
      this.#state = "broken";
  }

  #hold(all: Buffer, at: number): void {
    if (at === all.length) return;
    const rest = all.subarray(at);
    const most = this.#state === "trailers" ? MAX_TRAILER_BYTES : MAX_LINE_BYTES;
    // Security: a lone line feed ends a line for some parsers and not for others.
    if (rest.length > most || rest.includes(LF)) this.#state = "broken";
    else this.#held = rest;
  }
}
