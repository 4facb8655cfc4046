/** Exponential backoff between restarts of a command, and whether the command counts as up. */

export interface RestartBackoffOptions {
  readonly nowMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Called when the command may be started again. */
  readonly onDue: () => void;
  readonly onChange: (isUp: boolean) => void;
}

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;
/** A child that has run for this long resets the backoff. */
const STABLE_MS = 60_000;

export class RestartBackoff {
  readonly #options: RestartBackoffOptions;
  #failures = 0;
  #isUp = false;
  /** Runs until the next start, or until the last start counts as up. */
  #timer: NodeJS.Timeout | undefined;
  #isWaiting = false;

  constructor(options: RestartBackoffOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Whether a child may be started now. */
  get canStart(): boolean {
    return !this.#isWaiting;
  }

  /** A child was started. The command is up once the child has run for the current delay. */
  started(): void {
    if (this.#isUp || this.#isWaiting) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#setUp(true), this.#delayMs()).unref();
  }

  /** A child ended by itself. */
  failed(startedAtMs: number): void {
    const wasStable = this.#options.nowMs() - startedAtMs >= STABLE_MS;
    this.#failures = wasStable ? 1 : this.#failures + 1;
    this.#setUp(false);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    clearTimeout(this.#timer);
    // Jitter: many sidecars of one broken server must not start it in step.
    const delayMs = this.#delayMs() * (0.5 + this.#options.random() / 2);
    this.#timer = setTimeout(() => this.#onDue(), delayMs).unref();
  }

  /** Starts nothing any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#isWaiting = true;
  }

  #onDue(): void {
    this.#isWaiting = false;
    this.#options.onDue();
  }

  #delayMs(): number {
    return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, this.#failures - 1));
  }

  #setUp(isUp: boolean): void {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.#options.onChange(isUp);
  }
}
