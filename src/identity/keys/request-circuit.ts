/** Stops requests to a server that does not answer: after a failure none is made for a while, and then one at a time until one succeeds. */

const WAIT_MS = 1_000;
const MAX_WAIT_MS = 30_000;

export class RequestCircuit {
  readonly #nowMs: () => number;
  #failures = 0;
  #closedUntilMs = Number.NEGATIVE_INFINITY;

  /** `nowMs` is steady. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether a request may be made now. A request after failures counts as the one that tries. */
  mayTry(): boolean {
    if (this.#failures === 0) return true;
    const nowMs = this.#nowMs();
    if (nowMs < this.#closedUntilMs) return false;
    this.#closedUntilMs = nowMs + MAX_WAIT_MS;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    const waitMs = Math.min(WAIT_MS * 2 ** this.#failures, MAX_WAIT_MS);
    this.#failures += 1;
    this.#closedUntilMs = this.#nowMs() + waitMs;
  }
}
