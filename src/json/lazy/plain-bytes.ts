/** Passes over plain bytes of a string four at a time: none of them ends it, begins an escape, or is a control character. */

const BYTES = 4;
const WORD_SHIFT = 2;
const HIGH_BITS = 0x80808080 | 0;
const ONES = 0x01010101;
const BLANKS = 0x20202020;
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;

export class PlainBytes {
  readonly #words: Int32Array;
  /** Bytes before the first word, which is aligned. */
  readonly #before: number;

  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.#before = -byteOffset & (BYTES - 1);
    const words = Math.max(0, Math.floor((length - this.#before) / BYTES));
    this.#words = words === 0 ? new Int32Array() : new Int32Array(buffer, byteOffset + this.#before, words);
  }

  /** The index of the first byte at or after `from` that may not be plain: `from` itself where no word begins there. */
  end(from: number): number {
    const words = this.#words;
    const begin = from - this.#before;
    if ((begin & (BYTES - 1)) !== 0) return from;
    let index = begin >> WORD_SHIFT;
    while (index < words.length && isPlain(Number(words[index]))) index += 1;
    return (index << WORD_SHIFT) + this.#before;
  }
}

// The carry of a subtraction only reaches bytes above one that is found anyway.
function isPlain(word: number): boolean {
  const quote = word ^ QUOTES;
  const backslash = word ^ BACKSLASHES;
  const found = ((word - BLANKS) & ~word) | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash);
  return (found & HIGH_BITS) === 0;
}
