/** Writes numbers and texts one after the other into a buffer that is used again; `ByteReader` reads them. */

const FIRST_BYTES = 4_096;
/** A text up to this length is copied by a loop, which takes less time than a call of a native function. */
const SHORT_TEXT = 96;
/** Bytes of the longest count. */
const COUNT_BYTES = 8;

export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  /** Forgets the bytes written so far. */
  begin(): void {
    this.#length = 0;
  }

  /** A view of the bytes written so far, until more are written. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  number(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  /** A whole number, from 0, in as few bytes as it needs. */
  count(value: number): void {
    this.#reserve(COUNT_BYTES);
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) {
      this.#bytes[this.#length] = (rest & 0x7f) | 0x80;
      this.#length += 1;
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  /** Any text, lone surrogates included; undefined is read back as undefined. Invariant: equal texts have equal bytes. */
  text(value: string | undefined): void {
    if (value === undefined) this.count(0);
    else if (!this.#shortAscii(value)) this.#longText(value);
  }

  #shortAscii(value: string): boolean {
    if (value.length > SHORT_TEXT) return false;
    const before = this.#length;
    this.count(prefixOf(value.length, false));
    this.#reserve(value.length);
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) {
        this.#length = before;
        return false;
      }
      this.#bytes[this.#length + index] = code;
    }
    this.#length += value.length;
    return true;
  }

  /** As UTF-8, and a text that is not well-formed as UTF-16, since UTF-8 has no lone surrogates. */
  #longText(value: string): void {
    const encoding = value.isWellFormed() ? "utf8" : "utf16le";
    const length = Buffer.byteLength(value, encoding);
    this.count(prefixOf(length, encoding === "utf16le"));
    this.#reserve(length);
    this.#length += this.#bytes.write(value, this.#length, encoding);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** The count before a text: 0 is no text. */
function prefixOf(bytes: number, isUtf16: boolean): number {
  return 1 + 2 * bytes + (isUtf16 ? 1 : 0);
}
