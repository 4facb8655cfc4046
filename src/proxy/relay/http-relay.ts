/** One HTTP request from downstream: judged, sent on or answered, and its answer carried back. */

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Enforcer, Verdict } from "../../enforcement/enforcer.ts";
import type { Propagate } from "../../enforcement/observer.ts";
import type { Permit } from "../../enforcement/permit.ts";
import { type Agent, principalOf } from "../../enforcement/request.ts";
import type { TraceContext } from "../../mcp/vocabulary.ts";
import type { Policy } from "../../policy/policy.ts";
import type { JsonObject } from "../../json/json.ts";
import { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import { Admission, type AdmissionParts } from "./admission.ts";
import type { Caller, Exchange, ResponseContext } from "./exchange.ts";
import { forwardResponse } from "./http-response.ts";
import { describeRequest } from "./request-record.ts";
import { upstreamErrorResponse, overloadResponse } from "./upstream-errors.ts";
import { headerMismatch } from "../../mcp/mcp-headers.ts";
import { asksForTask, messageId, toolsSubscriptionId } from "../../mcp/message.ts";
import type { CallMessage, Message, RequestMessage } from "../../mcp/message.ts";
import { propagateInHeaders } from "../../mcp/trace-propagation.ts";
import { errorResponse, HEADER_MISMATCH, INTERNAL_ERROR } from "../../mcp/error-response.ts";
import { type LocalResponse, sendResponse } from "../../mcp/error-response.ts";
import { denialResponse, methodDenialResponse } from "./denial-response.ts";
import { parseMessage } from "../../mcp/parse-message.ts";
import { answerServer, type RefusedServerRequest, messageFor } from "./server-request-rules.ts";
import type { ToolCatalog } from "../tools/tool-catalog.ts";
import { InFlightRequests } from "../sessions/in-flight-requests.ts";
import { type Upstream, UpstreamError, type UpstreamExchange } from "../upstream.ts";
import { forwardedRequestHeaders } from "../http/forwarded-headers.ts";

export interface RelayParts extends Omit<ResponseContext, "refuseServerRequest">, AdmissionParts {
  readonly upstream: Upstream;
  readonly tools: ToolCatalog;
  readonly enforcer: Enforcer;
  /** The policy in force for this agent; undefined when none covers it. */
  readonly policyFor: (agent: Agent) => Policy | undefined;
  readonly propagate: Propagate;
  /** Headers that tell the upstream who is calling, set last. */
  readonly agentHeaders: (agent: Agent) => OutgoingHttpHeaders;
  /** Headers that never go upstream, in lower case: those that prove who the agent is. */
  readonly withheldHeaders: ReadonlySet<string>;
}

type Work = void | Promise<void>;

type Tracked = Exchange & { readonly tracking: RequestLifecycle };

type Open = (headers: OutgoingHttpHeaders, context: TraceContext | undefined) => UpstreamExchange;

export class HttpRelay {
  readonly admission: Admission;
  readonly #parts: RelayParts;
  readonly #answerParts: ResponseContext;
  readonly #underway = new InFlightRequests();

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.admission = new Admission(parts);
    this.#answerParts = { ...parts, refuseServerRequest: this.#refuseServerRequest.bind(this) };
  }

  /** Serves a POST whose whole body was read. */
  post(caller: Caller, body: Buffer): Work {
    const bytes = body.byteLength;
    const scanned = parseMessage(body);
    if (!scanned.ok) {
      const { cause, detail, code } = scanned;
      return this.admission.refuse(caller, {
        cause,
        detail,
        bytes,
        answer: errorResponse(400, code, detail),
      });
    }
    const { message } = scanned;
    const mismatch = headerMismatch(message, caller.incoming, this.#inputSchemaOf(message));
    if (mismatch !== undefined) {
      const answer = errorResponse(400, HEADER_MISMATCH, mismatch, messageId(message));
      return this.admission.refuse(caller, { cause: "header_mismatch", detail: mismatch, bytes, answer });
    }
    const exchange = this.admission.enter(caller, message);
    return exchange === undefined ? undefined : this.#forward(exchange, message);
  }

  /** Serves a GET or DELETE: the server's own stream, or the end of a session. */
  async open(method: "GET" | "DELETE", caller: Caller): Promise<void> {
    const exchange = this.admission.enter(caller, undefined);
    if (exchange === undefined) return;
    await this.#send(exchange, (headers) => this.#parts.upstream.open(method, headers));
    const { session } = exchange;
    if (method === "DELETE" && session !== undefined && caller.downstream.statusCode < 300)
      this.#parts.sessions.close(session.id);
  }

  /** Recorded; where the server waits for an answer it gets one from us. */
  #refuseServerRequest(exchange: Exchange, refused: RefusedServerRequest): void {
    this.admission.noteRefusal({
      cause: "server_request",
      detail: messageFor(refused),
      bytes: 0,
      agent: exchange.agent,
    });
    answerServer(this.#parts.upstream, this.#headers(exchange), refused);
  }

  /** As they go upstream; who is calling stands last. */
  #headers({ incoming, agent }: Exchange, context?: TraceContext): OutgoingHttpHeaders {
    const { withheldHeaders, agentHeaders } = this.#parts;
    const passed = propagateInHeaders(forwardedRequestHeaders(incoming, withheldHeaders), context);
    return Object.assign(passed, agentHeaders(agent));
  }

  #inputSchemaOf(message: Message): JsonObject | undefined {
    return message.kind === "call" ? this.#parts.tools.inputSchemaOf(message.name) : undefined;
  }

  #forward(exchange: Exchange, message: Message): Work {
    const { observer, upstream } = this.#parts;
    observer.messagePassed("downstream", message.kind === "response" ? "response" : message.method);
    switch (message.kind) {
      case "call":
        return this.#call(exchange, message);
      case "request":
        return this.#request(exchange, message);
      case "notification":
        this.#underway.onCancelled(exchange.session, message);
        return this.#send(exchange, (headers) => upstream.relay(message, headers));
      case "response":
        return this.#send(exchange, (headers) => upstream.relay(message, headers));
    }
  }

  async #request(exchange: Exchange, message: RequestMessage): Promise<void> {
    const { enforcer, sessions, upstream } = this.#parts;
    const isFirstPage = message.params?.has("cursor") !== true;
    const subscription = toolsSubscriptionId(message);
    const tracked = {
      ...this.#track(exchange, message),
      isFirstPage,
      ...(subscription !== undefined && { subscription }),
    };
    const { tracking, downstream } = tracked;
    const judged = enforcer.enforceMethod(tracking);
    const denial = judged instanceof Promise ? await judged : judged;
    if (denial !== undefined) {
      const answer = methodDenialResponse({ id: message.id, decisionId: tracking.request.id }, denial);
      return answerDenied(downstream, tracking, answer);
    }
    if (message.method === "initialize" && !sessions.hasRoom(principalOf(exchange.agent)))
      return answerDenied(downstream, tracking, overloadResponse("too many sessions are open", message.id));
    return this.#send(tracked, (headers, context) => upstream.relay(message, headers, context));
  }

  #call(exchange: Exchange, message: CallMessage): Work {
    const { enforcer, tools, policyFor } = this.#parts;
    const tracked = this.#track(exchange, message);
    const { tracking, session } = tracked;
    const verdict = enforcer.enforce(tracking, {
      message,
      category: tracking.request.tool?.category ?? tools.categoryOf(message.name, undefined),
      inputSchema: this.#inputSchemaOf(message),
      isToolChanged: tools.isChanged(message.name, policyFor(exchange.agent)),
      ...(session === undefined ? {} : { session: session.id }),
    });
    // Limits in memory are judged at once: only a store is waited for.
    if (!(verdict instanceof Promise)) return this.#obey(tracked, message, verdict);
    return verdict.then((judged) => this.#obey(tracked, message, judged));
  }

  /** Sends the call by its permit, or answers with its denial. */
  #obey(exchange: Tracked, message: CallMessage, { permit, denial, approval }: Verdict): Work {
    const { tracking } = exchange;
    if (denial === undefined) {
      const open: Open = (headers, context) => this.#parts.upstream.call(permit, headers, context);
      return this.#send(exchange, open, permit);
    }
    const answer = denialResponse(
      {
        id: message.id,
        tool: message.name,
        era: message.era,
        isTask: asksForTask(message),
        decisionId: tracking.request.id,
        ...(approval !== undefined && { approvalId: approval }),
      },
      denial,
    );
    answerDenied(exchange.downstream, tracking, answer);
  }

  async #send(exchange: Exchange, open: Open, permit?: Permit): Promise<void> {
    const { downstream, tracking, session } = exchange;
    // For who left while a store was asked nothing is sent: what has gone out cannot be taken back.
    if (downstream.destroyed) {
      permit?.refund();
      return tracking?.ended("cancelled");
    }
    this.#underway.begin(session, tracking);
    tracking?.sent();
    const context = tracking === undefined ? undefined : this.#parts.propagate(tracking.request);
    const upstream = open(this.#headers(exchange, context), context);
    let isGone = false;
    const leave = (): void => {
      isGone = !downstream.writableFinished;
      if (isGone) upstream.abort();
    };
    downstream.on("close", leave);
    try {
      const carried = forwardResponse(exchange, await upstream.response, this.#answerParts);
      if (carried !== undefined) await carried;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (!error.wasSent) permit?.refund();
      if (isGone) return tracking?.ended("cancelled");
      const answer = upstreamErrorResponse(error, tracking?.request.rpcId);
      const { body, status: httpStatus } = answer;
      const ending = { resultBytes: Buffer.byteLength(body), httpStatus, rpcCode: INTERNAL_ERROR };
      tracking?.ended(error.fault === "timeout" ? "timeout" : "upstream_error", ending);
      sendResponse(downstream, answer);
    } finally {
      this.#underway.over(session, tracking);
    }
  }

  #track(exchange: Exchange, message: CallMessage | RequestMessage): Tracked {
    const { observer, clock, nextId, tools, policyFor } = this.#parts;
    const received = { ...exchange, id: nextId(), receivedAtMs: clock.wallMs() };
    const request = describeRequest(received, message, { tools, policy: policyFor(exchange.agent) });
    return { ...exchange, tracking: new RequestLifecycle(request, observer, clock) };
  }
}

function answerDenied(downstream: ServerResponse, tracking: RequestLifecycle, answer: LocalResponse): void {
  tracking.ended("denied", { resultBytes: Buffer.byteLength(answer.body), httpStatus: answer.status });
  sendResponse(downstream, answer);
}
