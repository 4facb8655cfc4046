/** A circuit breaker for the store: bounds each call in time, and after a failure fails calls at once until a probe succeeds. */

import { StoreError, type StoreFault } from "./store.ts";

/** One connection; a lost one is replaced by a new one. */
export interface StoreConnection {
  readonly connect: () => Promise<void>;
  /** Writes a value, so that a read-only store fails the probe. */
  readonly probe: () => Promise<void>;
  readonly destroy: () => void;
}

export interface CircuitBreakerOptions<Connection extends StoreConnection> {
  /** A new connection, not connected yet; it calls `onLost` when it breaks. */
  readonly open: (onLost: () => void) => Connection;
  readonly faultOf: (error: unknown) => StoreFault;
  /** How long one call may take, in ms. */
  readonly timeoutMs: number;
  /** Called when the store is lost, with the cause, and when it is back. */
  readonly onChange: (isUp: boolean, cause: unknown) => void;
}

/** How long a probe may take, the connection included. */
const PROBE_MS = 1_000;
const RETRY_MS = 200;
/** Calls in flight at once. Beyond them a call fails, which is not a fault of the store and opens no circuit. */
const MAX_WAITING = 5_000;

export class StoreCircuitBreaker<Connection extends StoreConnection> {
  readonly #options: CircuitBreakerOptions<Connection>;
  #connection: Connection | undefined;
  /** Why calls fail at once; undefined while they are tried. */
  #fault: StoreFault | undefined = "connection";
  #isRecovering = false;
  #waiting = 0;
  #isClosed = false;

  constructor(options: CircuitBreakerOptions<Connection>) {
    this.#options = options;
  }

  /** Resolves when the first probe has succeeded or failed. */
  start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    void this.#recover(first.resolve);
    return first.promise;
  }

  /** Rejects with a StoreError. `onLate` gets a result that comes after the time limit, with its connection. */
  run<T>(
    work: (connection: Connection) => Promise<T>,
    onLate: (result: T, connection: Connection) => void,
  ): Promise<T> {
    const connection = this.#connection;
    if (this.#fault !== undefined || connection === undefined)
      return Promise.reject(new StoreError(this.#fault ?? "connection", "the limit store is down"));
    if (this.#waiting >= MAX_WAITING)
      return Promise.reject(new StoreError("other", "too many calls wait for the limit store"));
    this.#waiting += 1;
    const done = (): void => void (this.#waiting -= 1);
    const reply = work(connection);
    reply.then(done, done);
    return within(reply, this.#options.timeoutMs, (late) => onLate(late, connection)).catch(
      (error: unknown) => {
        const fault = error instanceof StoreError ? error.fault : this.#options.faultOf(error);
        this.#trip(connection, fault, error);
        throw error instanceof StoreError ? error : new StoreError(fault, "the limit store failed", error);
      },
    );
  }

  close(): void {
    this.#isClosed = true;
    this.#fault = "connection";
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #trip(connection: Connection | undefined, fault: StoreFault, cause: unknown): void {
    // A failure of a connection that is replaced already does not matter.
    if (this.#isClosed || this.#fault !== undefined || connection !== this.#connection) return;
    this.#fault = fault;
    this.#options.onChange(false, cause);
    void this.#recover();
  }

  /** Probes until one succeeds; a connection that fails its probe is replaced. */
  async #recover(onTried?: () => void): Promise<void> {
    if (this.#isRecovering) return;
    this.#isRecovering = true;
    let isFirst = onTried !== undefined;
    while (!this.#isClosed && !(await this.#isHealthy(isFirst))) {
      isFirst = false;
      onTried?.();
      await sleep(RETRY_MS);
    }
    this.#isRecovering = false;
    if (!this.#isClosed) {
      this.#fault = undefined;
      this.#options.onChange(true, undefined);
    }
    onTried?.();
  }

  async #isHealthy(reportsFailure: boolean): Promise<boolean> {
    try {
      await within(this.#probe(), PROBE_MS, () => undefined);
      return true;
    } catch (error) {
      this.#connection?.destroy();
      this.#connection = undefined;
      if (reportsFailure) this.#options.onChange(false, error);
      return false;
    }
  }

  async #probe(): Promise<void> {
    if (this.#connection === undefined) {
      const connection: Connection = this.#options.open(() =>
        this.#trip(connection, "connection", "the connection was lost"),
      );
      this.#connection = connection;
      await connection.connect();
      if (this.#isClosed) return connection.destroy();
    }
    await this.#connection?.probe();
  }
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs).unref();
  });
}

/** Rejects with a StoreError after `limitMs`; a later result goes to `onLate`. */
function within<T>(work: Promise<T>, limitMs: number, onLate: (result: T) => void): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let isOver = false;
  const expire = (): void => {
    isOver = true;
    reject(new StoreError("timeout", `the limit store did not answer within ${limitMs} ms`));
  };
  // After a stall of this process the reply may have arrived and not been read: sockets are read before `setImmediate`.
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
