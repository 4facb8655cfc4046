/**
 * Finds out which HTTP transport a server speaks, as clients do: a server that refuses `initialize` by POST may speak HTTP+SSE.
 * Source: MCP 2025-11-25, Transports, "Backwards Compatibility".
 */

import type { OutgoingHttpHeaders } from "node:http";
import type { Permit } from "../../../enforcement/permit.ts";
import type { RelayedMessage } from "../../../mcp/message.ts";
import type { TraceContext } from "../../../mcp/vocabulary.ts";
import { discardBody, type Upstream, type UpstreamExchange, type UpstreamResponse } from "../../upstream.ts";
import { sessionNotFound } from "../bridge/responses.ts";

export interface Transports {
  readonly streamableHttp: Upstream;
  readonly sse: Upstream;
  /** Called when the transport is found to be another one than before. */
  readonly onFound: (transport: "streamable-http" | "sse") => void;
}

const METHOD_NOT_ALLOWED = 405;
/** Statuses by which a server says that it does not take `initialize` at this address. */
const REFUSALS: ReadonlySet<number> = new Set([400, 404, METHOD_NOT_ALLOWED]);

export class DetectedUpstream implements Upstream {
  readonly #transports: Transports;
  /** Streamable HTTP until the server has shown otherwise. */
  #current: Upstream;

  constructor(transports: Transports) {
    this.#transports = transports;
    this.#current = transports.streamableHttp;
  }

  /** Sends the tools/call that the permit was issued for, with `trace` as its trace context. */
  call(permit: Permit, headers: OutgoingHttpHeaders, trace?: TraceContext): UpstreamExchange {
    return this.#withSession(this.#current.call(permit, headers, trace), headers);
  }

  /** Sends any message but a tools/call, with `trace` as its trace context. */
  relay(message: RelayedMessage, headers: OutgoingHttpHeaders, trace?: TraceContext): UpstreamExchange {
    const isHandshake = message.kind === "request" && message.method === "initialize";
    return isHandshake
      ? this.#initialize((upstream) => upstream.relay(message, headers, trace))
      : this.#withSession(this.#current.relay(message, headers, trace), headers);
  }

  /** Opens the server-initiated stream (GET), or ends a session (DELETE). */
  open(method: "GET" | "DELETE", headers: OutgoingHttpHeaders): UpstreamExchange {
    return this.#current.open(method, headers);
  }

  close(): void {
    this.#transports.streamableHttp.close();
    this.#transports.sse.close();
  }

  /** Sends `initialize` over the current transport, and over the other one when the server refuses it. */
  #initialize(send: (upstream: Upstream) => UpstreamExchange): UpstreamExchange {
    let exchange = send(this.#current);
    let isAborted = false;
    const abort = (): void => {
      isAborted = true;
      exchange.abort();
    };
    const respond = async (): Promise<UpstreamResponse> => {
      const first = await exchange.response;
      if (!REFUSALS.has(first.statusCode) || isAborted) return first;
      const other = this.#other();
      exchange = send(other);
      const second = await exchange.response.catch(() => undefined);
      if (second === undefined || second.statusCode >= 400) {
        if (second !== undefined) discardBody(second);
        return first;
      }
      discardBody(first);
      this.#use(other);
      return second;
    };
    return { response: respond(), abort };
  }

  #other(): Upstream {
    const { streamableHttp, sse } = this.#transports;
    return this.#current === sse ? streamableHttp : sse;
  }

  #use(upstream: Upstream): void {
    this.#current = upstream;
    this.#transports.onFound(upstream === this.#transports.sse ? "sse" : "streamable-http");
  }

  /** A server that takes no POST has forgotten no session: Tollgate has, and the client must begin a new one. */
  #withSession(exchange: UpstreamExchange, headers: OutgoingHttpHeaders): UpstreamExchange {
    if (this.#current === this.#transports.sse || headers["mcp-session-id"] === undefined) return exchange;
    const response = exchange.response.then((received) => {
      if (received.statusCode !== METHOD_NOT_ALLOWED) return received;
      discardBody(received);
      return sessionNotFound().response;
    });
    return { response, abort: exchange.abort };
  }
}
