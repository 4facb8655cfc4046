/** An upstream MCP server over stdio, offered as Streamable HTTP: each legacy session has a child, modern clients share one. */

import type { OutgoingHttpHeaders } from "node:http";
import type { Permit } from "../../enforcement/permit.ts";
import {
  accepted,
  alreadyInitialized,
  legacyStatus,
  oneStreamOnly,
  postOnly,
  respondWith,
  sessionEnded,
  sessionNotFound,
  sessionRequired,
  streamOnly,
  tooMany,
} from "./bridge/responses.ts";
import { ChildPool, type ChildPoolOptions } from "./bridge/child-pool.ts";
import { type ClientMessage, readClientMessage } from "./bridge/client-message.ts";
import { StatelessRequests } from "./bridge/stateless-requests.ts";
import { PostExchange, type ResponseTimeouts } from "./bridge/post-exchange.ts";
import { acceptedTypes, type InputSchemaOf, singleHeader } from "./bridge/header-checks.ts";
import { BridgeSession } from "./bridge/session.ts";
import { SharedChild } from "./bridge/shared-child.ts";
import type { RelayedMessage } from "../../mcp/message.ts";
import { propagateInMessage } from "../../mcp/trace-propagation.ts";
import type { TraceContext } from "../../mcp/vocabulary.ts";
import { type Upstream, UpstreamError, type UpstreamExchange } from "../upstream.ts";

export interface UpstreamStdioOptions extends ChildPoolOptions {
  /** How long a session may be idle before it and its child end. */
  readonly idleMs: number;
  /** How long a client that accepts no stream waits for its response. */
  readonly responseMs: number;
  /** Tollgate's own version, for `clientInfo` when a child is probed. */
  readonly version: string;
  readonly inputSchemaOf: InputSchemaOf;
  readonly onSessionEnded: (id: string) => void;
}

/** After this time without a response the head of a stream is sent, so that the client sees a response begin. */
const STREAM_AFTER_MS = 1_000;
const INITIALIZED_MS = 5_000;
const PROBE_MS = 30_000;
const SWEEP_MS = 1_000;

export class UpstreamStdio implements Upstream {
  readonly #options: UpstreamStdioOptions;
  readonly #pool: ChildPool;
  readonly #stateless: StatelessRequests;
  readonly #sessions = new Map<string, BridgeSession>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: UpstreamStdioOptions) {
    this.#options = options;
    this.#pool = new ChildPool(options);
    const shared = new SharedChild({
      pool: this.#pool,
      version: options.version,
      probeMs: PROBE_MS,
      onUnmatched: () => options.onDropped("unmatched"),
    });
    this.#stateless = new StatelessRequests(shared, this.#timeouts(), options.inputSchemaOf);
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(SWEEP_MS, options.idleMs)).unref();
  }

  /** Whether the command starts and keeps running. */
  get isUp(): boolean {
    return this.#pool.isUp;
  }

  /** The number of running children, the spare one included. */
  get size(): number {
    return this.#pool.size;
  }

  /** Starts the first child. @throws ChildError when the command cannot be started */
  startSpare(): Promise<void> {
    return this.#pool.startSpare();
  }

  /** Sends the tools/call that the permit was issued for, with `trace` as its trace context. */
  call(permit: Permit, headers: OutgoingHttpHeaders, trace?: TraceContext): UpstreamExchange {
    return this.#post(propagateInMessage(permit.message, trace), headers);
  }

  /** Sends any message but a tools/call, with `trace` as its trace context. */
  relay(message: RelayedMessage, headers: OutgoingHttpHeaders, trace?: TraceContext): UpstreamExchange {
    return this.#post(propagateInMessage(message, trace), headers);
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

  /** Stops every child; resolves when all have exited. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await this.#pool.close();
  }

  #post(text: string, headers: OutgoingHttpHeaders): UpstreamExchange {
    const message = readClientMessage(text);
    const id = singleHeader(headers, "mcp-session-id");
    if (message.isModern) return this.#stateless.post(message, headers);
    if (id !== undefined) {
      const session = this.#sessions.get(id);
      return session === undefined ? sessionNotFound() : this.#postToSession(session, message, headers);
    }
    if (message.method === "initialize") return this.#initialize(message, headers);
    return this.#stateless.claims(message, headers)
      ? this.#stateless.post(message, headers)
      : sessionRequired();
  }

  #initialize(message: ClientMessage, headers: OutgoingHttpHeaders): UpstreamExchange {
    if (!this.#pool.hasRoom()) return respondWith(tooMany("sessions are open", message.id));
    try {
      const session = new BridgeSession({
        pool: this.#pool,
        nowMs: this.#options.nowMs,
        initializedMs: INITIALIZED_MS,
        onEnd: (id) => {
          this.#sessions.delete(id);
          this.#options.onSessionEnded(id);
        },
      });
      this.#sessions.set(session.id, session);
      return this.#postToSession(session, message, headers);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      return { response: Promise.reject(error), abort: () => undefined };
    }
  }

  #postToSession(
    session: BridgeSession,
    message: ClientMessage,
    headers: OutgoingHttpHeaders,
  ): UpstreamExchange {
    const { id, method } = message;
    if (id === undefined || method === undefined) {
      session.send(message);
      return accepted();
    }
    if (method === "initialize" && session.hasHandshake) return alreadyInitialized();
    if (!session.hasRoom) return respondWith(tooMany("requests are under way", id));
    const exchange = new PostExchange({
      ...this.#timeouts(),
      id,
      accepts: acceptedTypes(headers),
      headers: session.headers,
      jsonHeaders: session.jsonHeaders,
      statusOf: legacyStatus,
    });
    session.request(message, exchange);
    return exchange;
  }

  #timeouts(): ResponseTimeouts {
    return { streamAfterMs: STREAM_AFTER_MS, responseMs: this.#options.responseMs };
  }

  #endIdle(): void {
    for (const session of this.#sessions.values()) {
      if (session.idleMs >= this.#options.idleMs) void session.end();
    }
  }
}
