/** An upstream MCP server over Streamable HTTP. */

import type { OutgoingHttpHeaders } from "node:http";
import type { Permit } from "../../enforcement/permit.ts";
import type { ResponseListener, Connection } from "./http1/connection.ts";
import { ConnectionPool, type PoolOptions } from "./http1/pool.ts";
import { type Method, RequestWriter } from "./http1/request-writer.ts";
import type { RelayedMessage } from "../../mcp/message.ts";
import { propagateInMessage } from "../../mcp/trace-propagation.ts";
import type { TraceContext } from "../../mcp/vocabulary.ts";
import { errorCode, failureWords, responseFailure } from "../upstream-failure.ts";
import type { Upstream, UpstreamResponse, UpstreamError, UpstreamExchange } from "../upstream.ts";

export interface UpstreamFailure {
  /** One of a closed set, but for a status and a type of content. */
  readonly reason: string;
  /** The code of Node's error, such as ECONNREFUSED. */
  readonly code?: string | undefined;
}

export interface UpstreamOptions extends PoolOptions {
  readonly url: URL;
  /** Called when the server sends no response, or one that is none of MCP. */
  readonly onFailure?: (failure: UpstreamFailure) => void;
}

export class UpstreamHttp implements Upstream {
  readonly #writer: RequestWriter;
  readonly #pool: ConnectionPool;
  readonly #onFailure: (failure: UpstreamFailure) => void;

  constructor({ url, onFailure = () => undefined, ...pool }: UpstreamOptions) {
    this.#onFailure = onFailure;
    this.#writer = new RequestWriter(url);
    this.#pool = new ConnectionPool(url, pool);
  }

  /** Sends the tools/call that the permit was issued for, with `trace` as its trace context. */
  call(permit: Permit, headers: OutgoingHttpHeaders, trace?: TraceContext): UpstreamExchange {
    return this.#open("POST", headers, propagateInMessage(permit.message, trace));
  }

  /** Sends any message but a tools/call, with `trace` as its trace context. */
  relay(message: RelayedMessage, headers: OutgoingHttpHeaders, trace?: TraceContext): UpstreamExchange {
    return this.#open("POST", headers, propagateInMessage(message, trace));
  }

  /** Opens the server-initiated stream (GET), or ends a session (DELETE). */
  open(method: "GET" | "DELETE", headers: OutgoingHttpHeaders): UpstreamExchange {
    return this.#open(method, headers, undefined);
  }

  close(): void {
    this.#pool.close();
  }

  #open(method: Method, headers: OutgoingHttpHeaders, body: string | undefined): UpstreamExchange {
    const bytes = this.#writer.write(method, headers, body);
    const connection = this.#pool.acquire();
    const exchange = new HttpExchange(connection, method, this.#onFailure);
    connection.send(bytes, exchange);
    return exchange;
  }
}

class HttpExchange implements UpstreamExchange, ResponseListener {
  readonly #connection: Connection;
  readonly #response = Promise.withResolvers<UpstreamResponse>();

  readonly #onFailure: (failure: UpstreamFailure) => void;
  readonly #method: Method;
  #isAborted = false;

  constructor(connection: Connection, method: Method, onFailure: (failure: UpstreamFailure) => void) {
    this.#method = method;
    this.#connection = connection;
    this.#onFailure = onFailure;
  }

  get response(): Promise<UpstreamResponse> {
    return this.#response.promise;
  }

  readonly abort = (): void => {
    this.#isAborted = true;
    this.#connection.cancel(this);
  };

  onResponse(response: UpstreamResponse): void {
    // Servers without a stream of their own answer its GET as they like.
    const reason = this.#method === "POST" ? responseFailure(response) : undefined;
    if (reason !== undefined) this.#onFailure({ reason });
    this.#response.resolve(response);
  }

  onError(error: UpstreamError): void {
    if (!this.#isAborted) this.#onFailure({ reason: failureWords(error), code: errorCode(error.cause) });
    this.#response.reject(error);
  }
}
