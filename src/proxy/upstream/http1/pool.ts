/** The connections to the upstream: as many as there are requests under way, and the free ones for the next. */

import { Connection, type ConnectionTimes, type PoolHooks } from "./connection.ts";
import { Connector } from "./connect.ts";
import { type HeaderFields, valueOf } from "../../http/header-fields.ts";

/** A free connection is given up before common servers (5 s) close theirs, so that a call does not meet a closing one. */
const FREE_MS = 4_000;
/** As long before the end that a server announces. */
const MARGIN_MS = 1_000;
const SWEEP_MS = 500;
const MOST_FREE = 256;

export class Pool {
  readonly #dialer: Connector;
  readonly #times: ConnectionTimes;
  readonly #open = new Set<Connection>();
  /** The one used last is used next, so that those that are too many grow old. */
  readonly #free: Connection[] = [];
  #sweeping: NodeJS.Timeout | undefined;

  constructor(url: URL, times: ConnectionTimes) {
    this.#dialer = new Connector(url);
    this.#times = times;
  }

  /** A free connection, or a new one. */
  take(): Connection {
    const nowMs = performance.now();
    for (let last = this.#free.pop(); last !== undefined; last = this.#free.pop()) {
      if (last.isOpen && last.untilMs > nowMs) return last;
      last.close();
    }
    const connection = new Connection(this.#dialer, this.#times, this.#home);
    this.#open.add(connection);
    return connection;
  }

  /** Ends them all. */
  close(): void {
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
    for (const connection of this.#open) connection.close();
  }

  readonly #home: PoolHooks = {
    free: (connection, headers) => {
      const freeMs = freeMsOf(headers);
      if (freeMs <= 0 || this.#free.length === MOST_FREE) return connection.close();
      connection.untilMs = performance.now() + freeMs;
      this.#free.push(connection);
      this.#sweeping ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    },
    gone: (connection) => {
      this.#open.delete(connection);
      const index = this.#free.indexOf(connection);
      if (index !== -1) this.#free.splice(index, 1);
    },
  };

  // One sweep over all that are free: no timer for each answer.
  #sweep(): void {
    const nowMs = performance.now() + SWEEP_MS;
    for (const connection of this.#free) if (connection.untilMs <= nowMs) connection.close();
    if (this.#free.length > 0) return;
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
  }
}

/** How long a connection may be free, by what its server says. */
function freeMsOf(headers: HeaderFields): number {
  const seconds = /\btimeout=(\d{1,9})/i.exec(valueOf(headers, "keep-alive") ?? "")?.[1];
  return seconds === undefined ? FREE_MS : Math.min(FREE_MS, Number(seconds) * 1_000 - MARGIN_MS);
}
