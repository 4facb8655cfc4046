/** The server's side over HTTP: sends permitted messages with their headers, and forwards the responses. */

import type { OutgoingHttpHeaders } from "node:http";
import { Permit } from "../../../enforcement/permit.ts";
import type { Agent } from "../../../enforcement/request.ts";
import { INTERNAL_ERROR, sendResponse } from "../../../mcp/error-response.ts";
import { dropUnmatchedHeaders } from "../../../mcp/mcp-headers.ts";
import type { HeaderPropagation } from "../../../mcp/header-propagation.ts";
import type { TraceContext } from "../../../mcp/vocabulary.ts";
import { forwardedRequestHeaders } from "../../http/forwarded-headers.ts";
import type { InFlightRequests } from "../../sessions/in-flight-requests.ts";
import { type Upstream, UpstreamError, type UpstreamExchange } from "../../upstream.ts";
import type { HttpCaller, HttpExchange, ResponseContext } from "./http-exchange.ts";
import { forwardResponse } from "./http-response.ts";
import { answerServer, type RefusedServerRequest } from "../server-request-rules.ts";
import type { Forwarder, Outgoing } from "../transport.ts";
import { upstreamErrorResponse } from "../upstream-errors.ts";

export interface HttpForwarderOptions {
  readonly upstream: Upstream;
  /** Headers that never go upstream, in lower case: those with credentials. */
  readonly withheldHeaders: ReadonlySet<string>;
  /** Headers that name the agent to the upstream; they replace the client's. */
  readonly agentHeaders: (agent: Agent) => OutgoingHttpHeaders;
  readonly propagation: Pick<HeaderPropagation, "write">;
  readonly inFlight: InFlightRequests;
  readonly context: ResponseContext;
}

export class HttpForwarder implements Forwarder<HttpCaller> {
  readonly #options: HttpForwarderOptions;

  constructor(options: HttpForwarderOptions) {
    this.#options = options;
  }

  send(exchange: HttpExchange, outgoing: Outgoing, trace: TraceContext | undefined): Promise<void> {
    const { upstream } = this.#options;
    const headers = this.#headers(exchange.caller, methodOf(outgoing), trace);
    // Some servers refuse spellings of UTF-8 that Tollgate accepts.
    headers["content-type"] = "application/json";
    if (outgoing instanceof Permit)
      return this.#forward(exchange, upstream.call(outgoing, headers, trace), outgoing);
    return this.#forward(exchange, upstream.relay(outgoing, headers, trace));
  }

  /** Opens the stream of the server's own messages, or ends a session. */
  async open(exchange: Extract<HttpExchange, { kind: "server_stream" | "session_end" }>): Promise<void> {
    // The client may have left while its proof was checked.
    if (exchange.caller.downstream.destroyed) return;
    const method = exchange.kind === "server_stream" ? "GET" : "DELETE";
    await this.#forward(
      exchange,
      this.#options.upstream.open(method, this.#headers(exchange.caller, undefined)),
    );
  }

  answerServer(caller: HttpCaller, refused: RefusedServerRequest): void {
    answerServer(this.#options.upstream, this.#headers(caller, undefined), refused);
  }

  /** The headers to send with a message; `method` is undefined for one that has none, and without a message. */
  #headers(
    { incoming, agent, serverSessionId }: HttpCaller,
    method: string | undefined,
    trace?: TraceContext,
  ): OutgoingHttpHeaders {
    const { withheldHeaders, agentHeaders, propagation } = this.#options;
    const forwarded = propagation.write(forwardedRequestHeaders(incoming, withheldHeaders), trace);
    dropUnmatchedHeaders(forwarded, method);
    if (forwarded["mcp-session-id"] !== undefined) forwarded["mcp-session-id"] = serverSessionId;
    return Object.assign(forwarded, agentHeaders(agent));
  }

  async #forward(exchange: HttpExchange, upstream: UpstreamExchange, permit?: Permit): Promise<void> {
    const { inFlight, context } = this.#options;
    const { caller, lifecycle } = exchange;
    const { downstream, session } = caller;
    let isGone = false;
    downstream.on("close", () => {
      isGone = !downstream.writableFinished;
      if (isGone) upstream.abort();
    });
    inFlight.begin(session, lifecycle);
    try {
      const forwarded = forwardResponse(exchange, await upstream.response, context);
      if (forwarded !== undefined) await forwarded;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (!error.wasSent) permit?.refund();
      if (isGone) lifecycle?.ended("cancelled");
      else fail(exchange, error);
    } finally {
      inFlight.over(session, lifecycle);
    }
  }
}

function methodOf(outgoing: Outgoing): string | undefined {
  if (outgoing instanceof Permit) return "tools/call";
  return outgoing.kind === "response" ? undefined : outgoing.method;
}

function fail({ caller, lifecycle }: HttpExchange, error: UpstreamError): void {
  const response = upstreamErrorResponse(error, lifecycle?.request.rpcId);
  lifecycle?.endedLocally(error.fault === "timeout" ? "timeout" : "upstream_error", response, INTERNAL_ERROR);
  sendResponse(caller.downstream, response);
}
