/** One request over the pool, and its response. */

import { errorCode, failureWords, responseFailure } from "../../upstream-failure.ts";
import type { UpstreamError, UpstreamExchange, UpstreamResponse } from "../../upstream.ts";
import type { Connection, ResponseListener } from "./connection.ts";
import type { ConnectionPool } from "./pool.ts";
import type { Method } from "./request-writer.ts";

export interface UpstreamFailure {
  /** One of a closed set, but for a status and a type of content. */
  readonly reason: string;
  /** The code of Node's error, such as ECONNREFUSED. */
  readonly code?: string | undefined;
}

/** Called when the server sends no response, or one that is none of MCP. */
export type OnFailure = (failure: UpstreamFailure) => void;

/** Sends a request that `RequestWriter` has written. */
export function sendRequest(
  pool: ConnectionPool,
  method: Method,
  bytes: Buffer,
  onFailure: OnFailure,
): UpstreamExchange {
  const connection = pool.acquire();
  const exchange = new HttpExchange(connection, method, onFailure);
  connection.send(bytes, exchange);
  return exchange;
}

class HttpExchange implements UpstreamExchange, ResponseListener {
  readonly #connection: Connection;
  readonly #response = Promise.withResolvers<UpstreamResponse>();

  readonly #onFailure: OnFailure;
  readonly #method: Method;
  #isAborted = false;

  constructor(connection: Connection, method: Method, onFailure: OnFailure) {
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
