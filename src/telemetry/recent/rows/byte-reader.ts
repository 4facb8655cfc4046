/** Reads numbers and texts in the order in which `ByteWriter` wrote them. */

export class ByteReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  number(): number {
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  count(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      value += (byte & 0x7f) * scale;
      if (byte <= 0x7f) return value;
    }
  }

  text(): string | undefined {
    const prefix = this.count();
    if (prefix === 0) return undefined;
    const from = this.#at;
    this.#at += Math.floor((prefix - 1) / 2);
    return this.#bytes.toString(prefix % 2 === 1 ? "utf8" : "utf16le", from, this.#at);
  }

  /** Passes over a text. */
  skip(): void {
    const prefix = this.count();
    if (prefix > 0) this.#at += Math.floor((prefix - 1) / 2);
  }

  /** Whether the next bytes are these; passes over them when they are. */
  takes(wanted: Buffer): boolean {
    for (let index = 0; index < wanted.length; index += 1) {
      if (this.#bytes[this.#at + index] !== wanted[index]) return false;
    }
    this.#at += wanted.length;
    return true;
  }
}
