/** What a server said while no stream was open to hear it: bounded, the oldest is forgotten first. */

const MAX_HELD = 256;
const MAX_HELD_LENGTH = 1024 * 1024;

export class BufferedMessages {
  #texts: string[] = [];
  #length = 0;

  add(text: string): void {
    this.#texts.push(text);
    this.#length += text.length;
    while (this.#texts.length > MAX_HELD || this.#length > MAX_HELD_LENGTH) {
      this.#length -= this.#texts.shift()?.length ?? 0;
    }
  }

  /** All of them, in order; none is left. */
  drain(): readonly string[] {
    const texts = this.#texts;
    this.#texts = [];
    this.#length = 0;
    return texts;
  }
}
