/** When a command that keeps ending may be started again, and whether it counts as up. */

export interface RestartBackoffOptions {
  readonly nowMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** The command may be started again; nobody may be waiting for it. */
  readonly onDue: () => void;
  readonly onChange: (isUp: boolean) => void;
}

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;
/** A child that lived so long has not failed to start. */
const STABLE_MS = 60_000;

export class RestartBackoff {
  readonly #options: RestartBackoffOptions;
  #failures = 0;
  #isUp = false;
  /** Until the next start, or until the last start counts as one that went well. */
  #timer: NodeJS.Timeout | undefined;
  #isWaiting = false;

  constructor(parts: RestartBackoffOptions) {
    this.#options = parts;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Whether a child may be started now. */
  get canStart(): boolean {
    return !this.#isWaiting;
  }

  /** A child was started: the command is up once it has stayed for a while. */
  started(): void {
    if (this.#isUp || this.#isWaiting) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#setUp(true), this.#delayMs()).unref();
  }

  /** A child has ended that nobody asked to. */
  failed(startedAtMs: number): void {
    const hasStayed = this.#options.nowMs() - startedAtMs >= STABLE_MS;
    this.#failures = hasStayed ? 1 : this.#failures + 1;
    this.#setUp(false);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    clearTimeout(this.#timer);
    // Many sidecars of one broken server must not start it in step.
    const delayMs = this.#delayMs() * (0.5 + this.#options.random() / 2);
    this.#timer = setTimeout(() => this.#onDue(), delayMs).unref();
  }

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
