/** Keeps a slow or lost store from slowing calls: each is bounded in time; after a failure all fail at once until a probe passes. */

import { StoreError, type StoreFault } from "./store.ts";

/** One connection, which may be lost and is then replaced as a whole. */
export interface StoreConnection {
  readonly connect: () => Promise<void>;
  /** Writes, so that a store that only reads is not taken for well. */
  readonly probe: () => Promise<void>;
  readonly destroy: () => void;
}

export interface CircuitBreakerOptions<Line extends StoreConnection> {
  /** A new line, not connected yet; `onLost` hears when it breaks by itself. */
  readonly open: (onLost: () => void) => Line;
  readonly faultOf: (error: unknown) => StoreFault;
  /** How long one call may take, in ms. */
  readonly timeoutMs: number;
  /** Hears when the store is lost, with what it said, and when it is back. */
  readonly onChange: (isUp: boolean, cause: unknown) => void;
}

/** How long a probe may take, its connection included. */
const PROBE_MS = 1_000;
const RETRY_MS = 200;
/** Calls that wait for an answer at once. One more fails by itself: that is our haste, and no fault of the store. */
const MAX_WAITING = 5_000;

export class StoreCircuitBreaker<Line extends StoreConnection> {
  readonly #parts: CircuitBreakerOptions<Line>;
  #line: Line | undefined;
  /** Why calls fail at once; undefined while they are tried. */
  #fault: StoreFault | undefined = "connection";
  #isRecovering = false;
  #waiting = 0;
  #isClosed = false;

  constructor(parts: CircuitBreakerOptions<Line>) {
    this.#parts = parts;
  }

  /** Resolves when the store has answered, or has failed for the first time. */
  start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    void this.#recover(first.resolve);
    return first.promise;
  }

  /** Rejects with a StoreError; `onLate` hears of a result that came after that, and by which line. */
  run<T>(work: (line: Line) => Promise<T>, onLate: (result: T, line: Line) => void): Promise<T> {
    const line = this.#line;
    if (this.#fault !== undefined || line === undefined)
      return Promise.reject(new StoreError(this.#fault ?? "connection", "the limit store is down"));
    if (this.#waiting >= MAX_WAITING)
      return Promise.reject(new StoreError("other", "too many calls wait for the limit store"));
    this.#waiting += 1;
    const done = (): void => void (this.#waiting -= 1);
    const answer = work(line);
    answer.then(done, done);
    return within(answer, this.#parts.timeoutMs, (late) => onLate(late, line)).catch((error: unknown) => {
      const fault = error instanceof StoreError ? error.fault : this.#parts.faultOf(error);
      this.#trip(line, fault, error);
      throw error instanceof StoreError ? error : new StoreError(fault, "the limit store failed", error);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#fault = "connection";
    this.#line?.destroy();
    this.#line = undefined;
  }

  #trip(line: Line | undefined, fault: StoreFault, cause: unknown): void {
    // A line that was replaced has no say any more.
    if (this.#isClosed || this.#fault !== undefined || line !== this.#line) return;
    this.#fault = fault;
    this.#parts.onChange(false, cause);
    void this.#recover();
  }

  /** Probes until one passes; a line that fails one is replaced. */
  async #recover(onTried?: () => void): Promise<void> {
    if (this.#isRecovering) return;
    this.#isRecovering = true;
    let isFirst = onTried !== undefined;
    while (!this.#isClosed && !(await this.#isWell(isFirst))) {
      isFirst = false;
      onTried?.();
      await sleep(RETRY_MS);
    }
    this.#isRecovering = false;
    if (!this.#isClosed) {
      this.#fault = undefined;
      this.#parts.onChange(true, undefined);
    }
    onTried?.();
  }

  async #isWell(isTold: boolean): Promise<boolean> {
    try {
      await within(this.#probe(), PROBE_MS, nothing);
      return true;
    } catch (error) {
      this.#line?.destroy();
      this.#line = undefined;
      if (isTold) this.#parts.onChange(false, error);
      return false;
    }
  }

  async #probe(): Promise<void> {
    if (this.#line === undefined) {
      const line: Line = this.#parts.open(() => this.#trip(line, "connection", "the connection was lost"));
      this.#line = line;
      await line.connect();
      if (this.#isClosed) return line.destroy();
    }
    await this.#line?.probe();
  }
}

function nothing(): void {
  // A late probe tells nothing.
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs).unref();
  });
}

/** Rejects with a StoreError after `limitMs`; what comes later goes to `onLate`. */
function within<T>(work: Promise<T>, limitMs: number, onLate: (result: T) => void): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let isOver = false;
  const expire = (): void => {
    isOver = true;
    reject(new StoreError("timeout", `the limit store did not answer within ${limitMs} ms`));
  };
  // After a stall of our own the answer may have arrived and not been read: the reading of sockets comes first.
  const timer = setTimeout(() => {
    immediate = setImmediate(expire);
  }, limitMs).unref();
  let immediate: NodeJS.Immediate | undefined;
  const settle = (): void => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
  work.then(
    (result) => {
      settle();
      if (isOver) onLate(result);
      else resolve(result);
    },
    (error: unknown) => {
      settle();
      reject(error);
    },
  );
  return promise;
}
