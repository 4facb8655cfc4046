/** Holds the start of the stream that answers `initialize`, since its head proves the client to be the owner of the session. */

/** Longest start that is held, in bytes. A longer one goes on without a session. */
const MAX_START_BYTES = 256 * 1024;

/** The head of a stream, and the events before the response to its own request. */
export class HeldStart {
  readonly #writeHead: () => void;
  readonly #isAnswered: () => boolean;
  #held: Buffer | undefined = Buffer.alloc(0);

  constructor(writeHead: () => void, isAnswered: () => boolean) {
    this.#writeHead = writeHead;
    this.#isAnswered = isAnswered;
  }

  /** The bytes that may be sent now. */
  pass(bytes: Buffer): Buffer {
    if (this.#held === undefined) return bytes;
    const isTooLong = this.#held.byteLength + bytes.byteLength > MAX_START_BYTES;
    if (this.#isAnswered() || isTooLong) return this.release(bytes);
    this.#held = Buffer.concat([this.#held, bytes]);
    return Buffer.alloc(0);
  }

  /** All bytes so far, behind their head. */
  release(bytes: Buffer): Buffer {
    if (this.#held === undefined) return bytes;
    const all = Buffer.concat([this.#held, bytes]);
    this.#held = undefined;
    this.#writeHead();
    return all;
  }
}
