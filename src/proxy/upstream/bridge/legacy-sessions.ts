/** The legacy sessions of a server that speaks no Streamable HTTP: each has a child, or a connection, of its own. */

import type { OutgoingHttpHeaders } from "node:http";
import { memberText } from "../../../json/edit-json.ts";
import { UpstreamError, type UpstreamExchange } from "../../upstream.ts";
import type { ChildOwner } from "./child-multiplexer.ts";
import type { PooledChild } from "./child-pool.ts";
import type { ClientMessage } from "./client-message.ts";
import { deferExchange } from "./deferred-exchange.ts";
import { acceptedTypes, singleHeader } from "./header-checks.ts";
import { PostExchange } from "./post-exchange.ts";
import {
  accepted,
  alreadyInitialized,
  legacyStatus,
  oneStreamOnly,
  postOnly,
  respondWith,
  sessionEnded,
  sessionNotFound,
  streamOnly,
  tooMany,
  unsupportedHeader,
} from "./responses.ts";
import { BridgeSession } from "./session.ts";

export interface LegacySessionsOptions {
  /** Returns the child of a new session, given the headers of its `initialize`. @throws UpstreamError while there can be none */
  readonly acquire: (owner: ChildOwner, headers: OutgoingHttpHeaders) => PooledChild;
  /** Whether one more session may begin. */
  readonly hasRoom: () => boolean;
  readonly nowMs: () => number;
  /** How long a session may be idle before it and its child end. */
  readonly idleMs: number;
  /** How long a client that accepts no stream waits for its response. */
  readonly responseMs: number;
  readonly onSessionEnded: (id: string) => void;
  /** Called when an idle session ends early, for one that needs its place. */
  readonly onGaveWay?: (idleMs: number) => void;
}

/** After this time without a response the head of a stream is sent, so that the client sees a response begin. */
export const STREAM_AFTER_MS = 1_000;
const INITIALIZED_MS = 5_000;
const SWEEP_MS = 1_000;

export class LegacySessions {
  readonly #options: LegacySessionsOptions;
  readonly #sessions = new Map<string, BridgeSession>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: LegacySessionsOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(SWEEP_MS, options.idleMs)).unref();
  }

  /** Begins a session with `initialize`. At the bound it takes the place of the longest idle one, if there is one. */
  begin(message: ClientMessage, headers: OutgoingHttpHeaders): UpstreamExchange {
    if (this.#options.hasRoom()) return this.#begin(message, headers);
    const ended = this.endLongestIdle();
    if (ended === undefined) return respondWith(tooMany("sessions are open", message.id));
    return deferExchange(ended, () => this.begin(message, headers));
  }

  /** Ends the session that has been idle longest; resolves when its child has exited. Undefined when every session is in use. */
  endLongestIdle(): Promise<void> | undefined {
    let longest: BridgeSession | undefined;
    for (const session of this.#sessions.values())
      if (session.mayGiveWay && session.idleMs > (longest?.idleMs ?? -1)) longest = session;
    if (longest === undefined) return undefined;
    this.#options.onGaveWay?.(longest.idleMs);
    return longest.end();
  }

  #begin(message: ClientMessage, headers: OutgoingHttpHeaders): UpstreamExchange {
    const { acquire, nowMs, onSessionEnded } = this.#options;
    try {
      const session = new BridgeSession({
        acquire: (owner) => acquire(owner, headers),
        requestedVersion: memberText(message.text, ["params", "protocolVersion"]),
        nowMs,
        initializedMs: INITIALIZED_MS,
        onEnd: (id) => {
          this.#sessions.delete(id);
          onSessionEnded(id);
        },
      });
      this.#sessions.set(session.id, session);
      return this.#send(session, message, headers);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      return { response: Promise.reject(error), abort: () => undefined };
    }
  }

  /** Sends a message of the session with this id. */
  post(id: string, message: ClientMessage, headers: OutgoingHttpHeaders): UpstreamExchange {
    const session = this.#sessions.get(id);
    if (session === undefined) return sessionNotFound();
    const version = singleHeader(headers, "mcp-protocol-version");
    if (version !== undefined && !session.versions.includes(version))
      return unsupportedHeader(session.versions, message.id);
    session.child.onHeaders?.(headers);
    return this.#send(session, message, headers);
  }

  /** Opens the server-initiated stream (GET), or ends a session (DELETE). */
  open(method: "GET" | "DELETE", headers: OutgoingHttpHeaders): UpstreamExchange {
    const id = singleHeader(headers, "mcp-session-id");
    if (id === undefined) return postOnly();
    const session = this.#sessions.get(id);
    if (session === undefined) return sessionNotFound();
    if (method === "DELETE") {
      void session.end();
      return sessionEnded();
    }
    if (!acceptedTypes(headers).stream) return streamOnly();
    const stream = session.open();
    return stream === undefined ? oneStreamOnly() : respondWith(stream);
  }

  /** Stops looking for idle sessions. Their children end with what they were acquired from. */
  close(): void {
    clearInterval(this.#sweep);
  }

  #send(session: BridgeSession, message: ClientMessage, headers: OutgoingHttpHeaders): UpstreamExchange {
    const { id, method } = message;
    if (id === undefined || method === undefined) {
      session.send(message);
      return accepted();
    }
    if (method === "initialize" && session.hasHandshake) return alreadyInitialized();
    if (!session.hasRoom) return respondWith(tooMany("requests are under way", id));
    const exchange = new PostExchange({
      streamAfterMs: STREAM_AFTER_MS,
      responseMs: this.#options.responseMs,
      id,
      accepts: acceptedTypes(headers),
      headers: session.headers,
      jsonHeaders: session.jsonHeaders,
      statusOf: legacyStatus,
    });
    session.request(message, exchange);
    return exchange;
  }

  #endIdle(): void {
    for (const session of this.#sessions.values()) {
      if (session.idleMs >= this.#options.idleMs) void session.end();
    }
  }
}
