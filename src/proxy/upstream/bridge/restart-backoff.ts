/** When a command that keeps ending may be started again, and whether it counts as up. */

export interface RestartParts {
  readonly nowMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** The command may be started again; nobody may be waiting for it. */
  readonly onDue: () => void;
  readonly onChange: (isUp: boolean) => void;
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;
/** A child that lived so long has not failed to start. */
const STEADY_MS = 60_000;

export class Restarts {
  readonly #parts: RestartParts;
  #failures = 0;
  #isUp = false;
  /** Until the next start, or until the last start counts as one that went well. */
  #timer: NodeJS.Timeout | undefined;
  #isWaiting = false;

  constructor(parts: RestartParts) {
    this.#parts = parts;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Whether a child may be started now. */
  get mayStart(): boolean {
    return !this.#isWaiting;
  }

  /** A child was started: the command is up once it has stayed for a while. */
  started(): void {
    if (this.#isUp || this.#isWaiting) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#change(true), this.#delayMs()).unref();
  }

  /** A child has ended that nobody asked to. */
  failed(startedAtMs: number): void {
    const hasStayed = this.#parts.nowMs() - startedAtMs >= STEADY_MS;
    this.#failures = hasStayed ? 1 : this.#failures + 1;
    this.#change(false);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    clearTimeout(this.#timer);
    // Many sidecars of one broken server must not start it in step.
    const delayMs = this.#delayMs() * (0.5 + this.#parts.random() / 2);
    this.#timer = setTimeout(() => this.#due(), delayMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#isWaiting = true;
  }

  #due(): void {
    this.#isWaiting = false;
    this.#parts.onDue();
  }

  #delayMs(): number {
    return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, this.#failures - 1));
  }

  #change(isUp: boolean): void {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.#parts.onChange(isUp);
  }
}
