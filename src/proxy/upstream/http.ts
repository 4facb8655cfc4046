/** An upstream MCP server over Streamable HTTP. */

import type { OutgoingHttpHeaders } from "node:http";
import type { Permit } from "../../enforcement/permit.ts";
import { type OnFailure, sendRequest } from "./http1/exchange.ts";
import { ConnectionPool, type PoolOptions } from "./http1/pool.ts";
import { type Method, RequestWriter } from "./http1/request-writer.ts";
import type { RelayedMessage } from "../../mcp/message.ts";
import { propagateInMessage } from "../../mcp/trace-propagation.ts";
import type { TraceContext } from "../../mcp/vocabulary.ts";
import type { Upstream, UpstreamExchange } from "../upstream.ts";

export interface UpstreamOptions extends PoolOptions {
  readonly url: URL;
  /** Written into CDN-Loop of every request. */
  readonly loopToken?: string;
  readonly onFailure?: OnFailure;
}

export class UpstreamHttp implements Upstream {
  readonly #writer: RequestWriter;
  readonly #pool: ConnectionPool;
  readonly #onFailure: OnFailure;

  constructor({ url, loopToken, onFailure = () => undefined, ...pool }: UpstreamOptions) {
    this.#onFailure = onFailure;
    this.#writer = new RequestWriter(url, loopToken);
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
    return sendRequest(this.#pool, method, bytes, this.#onFailure);
  }
}
