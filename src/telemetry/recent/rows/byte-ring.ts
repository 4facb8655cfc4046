/** A ring of bytes outside the garbage-collected heap, in pages that are made as it fills. */

const PAGE_BYTES = 262_144;

/** Holds the latest bytes. An address counts all bytes ever appended before, so no address is used twice. */
export class ByteRing {
  readonly #pages: Buffer[] = [];
  readonly #capacity: number;
  #end = 0;

  /** `maxBytes` is rounded down to whole pages, of which there is at least one. */
  constructor(maxBytes: number) {
    this.#capacity = Math.max(1, Math.floor(maxBytes / PAGE_BYTES)) * PAGE_BYTES;
  }

  /** The address of the oldest byte that is held. */
  get start(): number {
    return Math.max(0, this.#end - this.#capacity);
  }

  /** The address after the newest byte. */
  get end(): number {
    return this.#end;
  }

  /** Appends the bytes and returns their address; undefined, and nothing is appended, when the ring is smaller. */
  append(bytes: Buffer): number | undefined {
    if (bytes.length > this.#capacity) return undefined;
    const address = this.#end;
    this.#end += bytes.length;
    this.overwrite(address, bytes);
    return address;
  }

  /** Replaces bytes that are held. */
  overwrite(address: number, bytes: Buffer): void {
    for (let done = 0; done < bytes.length;) {
      const at = (address + done) % this.#capacity;
      done += bytes.copy(this.#pageAt(at), at % PAGE_BYTES, done);
    }
  }

  /** The bytes from an address on: a view where they lie in one page, else a copy. All of them must be held. */
  read(address: number, length: number): Buffer {
    const at = address % this.#capacity;
    const begin = at % PAGE_BYTES;
    if (begin + length <= PAGE_BYTES) return this.#pageAt(at).subarray(begin, begin + length);
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
      const from = (address + done) % this.#capacity;
      done += this.#pageAt(from).copy(bytes, done, from % PAGE_BYTES);
    }
    return bytes;
  }

  #pageAt(at: number): Buffer {
    const page = Math.floor(at / PAGE_BYTES);
    return (this.#pages[page] ??= Buffer.allocUnsafeSlow(PAGE_BYTES));
  }
}
