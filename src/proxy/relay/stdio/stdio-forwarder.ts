/** The server's side on stdio: sends permitted messages; `StdioRelay` forwards the response when its line comes. */

import { Permit } from "../../../enforcement/permit.ts";
import { INTERNAL_ERROR } from "../../../mcp/error-response.ts";
import type { TraceContext } from "../../../mcp/vocabulary.ts";
import type { PendingRequests } from "../../sessions/pending-requests.ts";
import { ChildError } from "../../upstream/child/child-error.ts";
import type { LineUpstream } from "../../upstream/stdio.ts";
import type { Exchange, RequestExchange } from "../exchange.ts";
import type { StdioCaller, WriteLine } from "./stdio-downstream.ts";
import type { Forwarder, Outgoing } from "../transport.ts";
import { serverFailureResponse } from "../upstream-errors.ts";

export class StdioForwarder implements Forwarder<StdioCaller> {
  readonly #upstream: LineUpstream;
  readonly #pending: PendingRequests<RequestExchange<StdioCaller>>;
  readonly #toClient: WriteLine;

  constructor(
    upstream: LineUpstream,
    pending: PendingRequests<RequestExchange<StdioCaller>>,
    toClient: WriteLine,
  ) {
    this.#upstream = upstream;
    this.#pending = pending;
    this.#toClient = toClient;
  }

  async send(
    exchange: Exchange<StdioCaller>,
    outgoing: Outgoing,
    trace: TraceContext | undefined,
  ): Promise<void> {
    if (exchange.lifecycle === undefined) return unlessGone(this.#write(outgoing, trace));
    // Before the line is written: the response may come before the pipe reports that it took the line.
    this.#pending.add(exchange);
    try {
      await this.#write(outgoing, trace);
    } catch (error) {
      if (!(error instanceof ChildError)) throw error;
      if (outgoing instanceof Permit) outgoing.refund();
      // Otherwise `StdioRelay.end` has answered the request.
      if (this.#pending.take(exchange.lifecycle.request.rpcId) === undefined) return;
      await this.#toClient(fail(exchange, GONE));
    }
  }

  #write(outgoing: Outgoing, trace: TraceContext | undefined): Promise<void> {
    return outgoing instanceof Permit
      ? this.#upstream.call(outgoing, trace)
      : this.#upstream.relay(outgoing, trace);
  }
}

/** The failure of a server that ends with requests in flight. */
export const GONE = "has ended without an answer";

/** Ends the request with an error in the server's stead, which it returns. */
export function fail({ lifecycle }: RequestExchange<StdioCaller>, failure: string): string {
  const response = serverFailureResponse(failure, lifecycle.request.rpcId);
  lifecycle.endedLocally("upstream_error", response, INTERNAL_ERROR);
  return response.body;
}

/** Ignores a message that no server is left to read, when no request waits for its response. */
export async function unlessGone(sent: Promise<void>): Promise<void> {
  try {
    await sent;
  } catch (error) {
    if (!(error instanceof ChildError)) throw error;
  }
}
