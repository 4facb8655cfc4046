/** An upstream MCP server over HTTP+SSE, the transport of revision 2024-11-05, offered as Streamable HTTP. */

import type { OutgoingHttpHeaders } from "node:http";
import type { Permit } from "../../../enforcement/permit.ts";
import type { RelayedMessage } from "../../../mcp/message.ts";
import { propagateInMessage } from "../../../mcp/trace-propagation.ts";
import type { TraceContext } from "../../../mcp/vocabulary.ts";
import type { Upstream, UpstreamExchange } from "../../upstream.ts";
import { type ChildMessageDropped, ChildMultiplexer, type ChildOwner } from "../bridge/child-multiplexer.ts";
import type { PooledChild } from "../bridge/child-pool.ts";
import { readClientMessage } from "../bridge/client-message.ts";
import { singleHeader } from "../bridge/header-checks.ts";
import { LegacySessions } from "../bridge/legacy-sessions.ts";
import { accepted, notInitialized, respondWith, sessionRequired } from "../bridge/responses.ts";
import type { OnFailure } from "../http1/exchange.ts";
import { ConnectionPool, type PoolOptions } from "../http1/pool.ts";
import { SseConnection, type SseServer } from "./sse-connection.ts";

export interface UpstreamSseOptions extends PoolOptions {
  /** The address of the stream, such as http://127.0.0.1:3000/sse. */
  readonly url: URL;
  /** Written into CDN-Loop of every request. */
  readonly loopToken?: string;
  /** Longest event, in bytes. */
  readonly maxEventBytes: number;
  readonly maxSessions: number;
  /** How long a session may be idle before it and its connection end. */
  readonly sessionIdleMs: number;
  readonly nowMs: () => number;
  /** Called when a server has named its endpoint, which shows that it speaks this transport. */
  readonly onEndpoint?: () => void;
  readonly onDropped: (cause: ChildMessageDropped) => void;
  readonly onSessionEnded: (id: string) => void;
  readonly onFailure: OnFailure;
}

export class UpstreamSse implements Upstream {
  readonly #options: UpstreamSseOptions;
  readonly #server: SseServer;
  readonly #sessions: LegacySessions;
  readonly #connections = new Set<SseConnection>();

  constructor(options: UpstreamSseOptions) {
    this.#options = options;
    const { url, connectMs, maxEventBytes, onFailure, loopToken } = options;
    const pool = new ConnectionPool(url, options);
    this.#server = {
      url,
      pool,
      endpointMs: connectMs,
      maxEventBytes,
      onFailure,
      ...(loopToken && { loopToken }),
    };
    this.#sessions = new LegacySessions({
      acquire: (owner, headers) => this.#connect(owner, headers),
      hasRoom: () => this.#connections.size < options.maxSessions,
      nowMs: options.nowMs,
      idleMs: options.sessionIdleMs,
      responseMs: options.idleMs,
      onSessionEnded: options.onSessionEnded,
    });
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
    return this.#sessions.open(method, headers);
  }

  close(): void {
    this.#sessions.close();
    for (const connection of this.#connections) connection.close();
    this.#server.pool.close();
  }

  #post(text: string, headers: OutgoingHttpHeaders): UpstreamExchange {
    const message = readClientMessage(text);
    const session = singleHeader(headers, "mcp-session-id");
    // A server of this transport knows no modern message; clients fall back to `initialize`.
    if (message.isModern) return message.id === undefined ? accepted() : respondWith(notInitialized());
    if (session !== undefined) return this.#sessions.post(session, message, headers);
    return message.method === "initialize" ? this.#sessions.begin(message, headers) : sessionRequired();
  }

  #connect(owner: ChildOwner, headers: OutgoingHttpHeaders): PooledChild {
    const multiplexer = new ChildMultiplexer(this.#options.onDropped);
    multiplexer.setOwner(owner);
    const connection = new SseConnection(this.#server, headers, {
      onEndpoint: () => this.#options.onEndpoint?.(),
      onMessage: (text) => multiplexer.receive(text),
      onEnd: (fault) => {
        this.#connections.delete(connection);
        multiplexer.end(fault);
      },
    });
    this.#connections.add(connection);
    multiplexer.attach(connection);
    return {
      multiplexer,
      restartOnExit: false,
      onHeaders: (renewed) => (connection.headers = renewed),
      stop: async () => connection.close(),
    };
  }
}
