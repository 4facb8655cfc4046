/** Texts of the policy and of the tool list that many rows share, each with a number for the rows. */

/** Words with one generation; when they are used up, the next row begins another. */
const MAX_WORDS = 4_096;
/** A longer word is written into its row. */
const MAX_LENGTH = 512;

export class Words {
  /** The words of each generation that a row still uses, by its number. */
  readonly #generations = new Map<number, string[]>([[0, []]]);
  readonly #codes = new Map<string, number>();
  #current = 0;

  /** The generation for the next row. `oldest` is that of the oldest row; earlier ones are dropped when another begins. */
  generation(oldest: () => number | undefined): number {
    if (this.#codes.size < MAX_WORDS) return this.#current;
    const first = oldest() ?? this.#current + 1;
    for (const number of this.#generations.keys()) if (number < first) this.#generations.delete(number);
    this.#current += 1;
    this.#codes.clear();
    this.#generations.set(this.#current, []);
    return this.#current;
  }

  /** The number of a word in the current generation, from 1; 0 when it is to be written out. */
  codeOf(word: string): number {
    const known = this.#codes.get(word);
    if (known !== undefined) return known;
    if (word.length > MAX_LENGTH || this.#codes.size >= MAX_WORDS) return 0;
    this.#codes.set(word, this.#codes.size + 1);
    this.#generations.get(this.#current)?.push(word);
    return this.#codes.size;
  }

  wordOf(generation: number, code: number): string | undefined {
    return this.#generations.get(generation)?.[code - 1];
  }
}
