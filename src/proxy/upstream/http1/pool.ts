/** The connections to the upstream: as many as there are requests under way, and the free ones for the next. */

import { Connection, type ConnectionTimeouts, type ConnectionOwner } from "./connection.ts";
import { Connector } from "./connect.ts";
import { type HeaderFields, headerValue } from "../../http/header-fields.ts";

/** A free connection is given up before common servers (5 s) close theirs, so that a call does not meet a closing one. */
const MAX_IDLE_MS = 4_000;
/** As long before the end that a server announces. */
const CLOSE_MARGIN_MS = 1_000;
const SWEEP_MS = 500;
const MAX_IDLE_CONNECTIONS = 256;

export class ConnectionPool {
  readonly #connector: Connector;
  readonly #times: ConnectionTimeouts;
  readonly #open = new Set<Connection>();
  /** The one used last is used next, so that those that are too many grow old. */
  readonly #idle: Connection[] = [];
  #sweeping: NodeJS.Timeout | undefined;

  constructor(url: URL, times: ConnectionTimeouts) {
    this.#connector = new Connector(url);
    this.#times = times;
  }

  /** A free connection, or a new one. */
  acquire(): Connection {
    const nowMs = performance.now();
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.isOpen && last.expiresAtMs > nowMs) return last;
      last.close();
    }
    const connection = new Connection(this.#connector, this.#times, this.#owner);
    this.#open.add(connection);
    return connection;
  }

  /** Ends them all. */
  close(): void {
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
    for (const connection of this.#open) connection.close();
  }

  readonly #owner: ConnectionOwner = {
    release: (connection, headers) => {
      const freeMs = maxIdleMs(headers);
      if (freeMs <= 0 || this.#idle.length === MAX_IDLE_CONNECTIONS) return connection.close();
      connection.expiresAtMs = performance.now() + freeMs;
      this.#idle.push(connection);
      this.#sweeping ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    },
    closed: (connection) => {
      this.#open.delete(connection);
      const index = this.#idle.indexOf(connection);
      if (index !== -1) this.#idle.splice(index, 1);
    },
  };

  // One sweep over all that are free: no timer for each answer.
  #sweep(): void {
    const nowMs = performance.now() + SWEEP_MS;
    for (const connection of this.#idle) if (connection.expiresAtMs <= nowMs) connection.close();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
  }
}

/** How long a connection may be free, by what its server says. */
function maxIdleMs(headers: HeaderFields): number {
  const seconds = /\btimeout=(\d{1,9})/i.exec(headerValue(headers, "keep-alive") ?? "")?.[1];
  return seconds === undefined
    ? MAX_IDLE_MS
    : Math.min(MAX_IDLE_MS, Number(seconds) * 1_000 - CLOSE_MARGIN_MS);
}
