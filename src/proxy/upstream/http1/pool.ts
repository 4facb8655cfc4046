/** The connections to the upstream: one for each request in flight, and idle ones for the next requests. */

import { Connection, type ConnectionTimeouts, type ConnectionOwner } from "./connection.ts";
import type { ClientTls } from "./client-tls.ts";
import { Connector } from "./connect.ts";
import { type HeaderFields, headerValue } from "../../http/header-fields.ts";

/** Shorter than the keep-alive time of common servers (5 s), so that no call is sent on a connection that is closing. */
const MAX_IDLE_MS = 4_000;
/** Time between closing an idle connection and the end that the server announces in `Keep-Alive`. */
const CLOSE_MARGIN_MS = 1_000;
const SWEEP_MS = 500;
const MAX_IDLE_CONNECTIONS = 256;
/** Share of the allowed age by which connections differ, so that they are not all replaced at once. */
const AGE_JITTER = 0.2;

export interface PoolOptions extends ConnectionTimeouts {
  /** How long a connection may take new requests, at most: a name that has moved is looked up again by then. */
  readonly maxAgeMs: number;
  /** For a server behind https; absent: Node's own defaults. */
  readonly tls?: ClientTls;
}

export class ConnectionPool {
  readonly #connector: Connector;
  readonly #options: PoolOptions;
  readonly #open = new Set<Connection>();
  /** Last in, first out: surplus connections stay idle and expire. */
  readonly #idle: Connection[] = [];
  #sweepTimer: NodeJS.Timeout | undefined;

  constructor(url: URL, options: PoolOptions) {
    this.#connector = new Connector(url, options.tls);
    this.#options = options;
  }

  /** An idle connection, or a new one. */
  acquire(): Connection {
    const nowMs = performance.now();
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.isOpen && last.expiresAtMs > nowMs) return last;
      last.close();
    }
    const connection = new Connection(this.#connector, this.#options, this.#owner);
    connection.retiresAtMs = nowMs + this.#options.maxAgeMs * (1 - AGE_JITTER * Math.random());
    this.#open.add(connection);
    return connection;
  }

  /** Closes every connection. */
  close(): void {
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = undefined;
    for (const connection of this.#open) connection.close();
  }

  readonly #owner: ConnectionOwner = {
    release: (connection, headers) => {
      const nowMs = performance.now();
      connection.expiresAtMs = Math.min(nowMs + maxIdleMs(headers), connection.retiresAtMs);
      const hasRoom = this.#idle.length < MAX_IDLE_CONNECTIONS;
      if (connection.expiresAtMs <= nowMs || !hasRoom) return connection.close();
      this.#idle.push(connection);
      this.#sweepTimer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    },
    closed: (connection) => {
      this.#open.delete(connection);
      const index = this.#idle.indexOf(connection);
      if (index !== -1) this.#idle.splice(index, 1);
    },
  };

  // One timer for all idle connections: a timer for each response costs more.
  #sweep(): void {
    const nowMs = performance.now() + SWEEP_MS;
    for (const connection of this.#idle) if (connection.expiresAtMs <= nowMs) connection.close();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = undefined;
  }
}

/** How long a connection may stay idle, as limited by its `Keep-Alive: timeout`. */
function maxIdleMs(headers: HeaderFields): number {
  const seconds = /\btimeout=(\d{1,9})/i.exec(headerValue(headers, "keep-alive") ?? "")?.[1];
  return seconds === undefined
    ? MAX_IDLE_MS
    : Math.min(MAX_IDLE_MS, Number(seconds) * 1_000 - CLOSE_MARGIN_MS);
}
