/** One HTTP request from downstream: judged, sent on or answered, and its answer carried back. */

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Clock } from "../enforcement/clock.ts";
import type { Enforcer } from "../enforcement/enforce.ts";
import type { Propagate, Refusal } from "../enforcement/observer.ts";
import type { Permit } from "../enforcement/permit.ts";
import { type Agent, principalOf, type TraceContext } from "../enforcement/request.ts";
import type { Policy } from "../policy/compile.ts";
import type { JsonObject } from "../policy/json.ts";
import { Tracking } from "../enforcement/tracking.ts";
import { type AnswerParts, carryAnswer, type Exchange } from "./answer-http.ts";
import { describeRequest } from "./describe-request.ts";
import { headerMismatch } from "./headers.ts";
import type { RefusedRequest } from "./http-edge.ts";
import type { Identify } from "./identity.ts";
import { asksForTask, type CallMessage, clientOf, type Message, type RequestMessage } from "./message.ts";
import {
  type Answer,
  answerWith,
  denialAnswer,
  errorAnswer,
  HEADER_MISMATCH,
  INTERNAL_ERROR,
  INVALID_REQUEST,
  methodDenialAnswer,
} from "./refusal.ts";
import { scan } from "./scan.ts";
import type { ToolList } from "./tool-list.ts";
import { withTrace } from "./trace-splice.ts";
import { type Upstream, UpstreamError, type UpstreamExchange } from "./upstream.ts";
import { requestHeaders } from "./upstream-http.ts";

export interface RelayParts extends AnswerParts {
  readonly upstream: Upstream;
  readonly tools: ToolList;
  readonly enforcer: Enforcer;
  /** The policy in force for this agent; undefined when none covers it. */
  readonly policyFor: (agent: Agent) => Policy | undefined;
  readonly propagate: Propagate;
  readonly identify: Identify;
  readonly clock: Clock;
  readonly nextId: () => string;
  /** Headers that never go upstream, in lower case: those that prove who the agent is. */
  readonly withheldHeaders: ReadonlySet<string>;
}

type Open = (headers: OutgoingHttpHeaders, context: TraceContext | undefined) => UpstreamExchange;

export class HttpRelay {
  readonly #parts: RelayParts;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  /** Serves a POST whose whole body was read. */
  async post(incoming: IncomingMessage, downstream: ServerResponse, body: Buffer): Promise<void> {
    const scanned = scan(body);
    if (!scanned.ok) {
      const { cause, detail, code } = scanned;
      return this.refuse(incoming, downstream, {
        cause,
        detail,
        bytes: body.byteLength,
        answer: errorAnswer(400, code, detail),
      });
    }
    const { message, text } = scanned;
    const mismatch = headerMismatch(message, incoming.headersDistinct, this.#inputSchemaOf(message));
    if (mismatch !== undefined) {
      const answer = errorAnswer(400, HEADER_MISMATCH, mismatch, idOf(message));
      return this.refuse(incoming, downstream, {
        cause: "header_mismatch",
        detail: mismatch,
        bytes: body.byteLength,
        answer,
      });
    }
    const exchange = this.#admit(incoming, downstream, message);
    if (exchange !== undefined) await this.#forward(exchange, message, text);
  }

  /** Serves a GET or DELETE: the server's own stream, or the end of a session. */
  async open(method: "GET" | "DELETE", incoming: IncomingMessage, downstream: ServerResponse): Promise<void> {
    const exchange = this.#admit(incoming, downstream, undefined);
    if (exchange === undefined) return;
    await this.#send(exchange, (headers) => this.#parts.upstream.open(method, headers));
    const { session } = exchange;
    if (method === "DELETE" && session !== undefined && downstream.statusCode < 300)
      this.#parts.sessions.close(session.id);
  }

  /** Answers what may not pass: counted, recorded, never forwarded. */
  refuse(
    incoming: IncomingMessage,
    downstream: ServerResponse,
    { cause, detail, bytes, answer }: Refused,
  ): void {
    this.noteRefusal({ cause, detail, bytes, agent: this.#parts.identify(incoming, undefined) });
    answerWith(downstream, answer);
  }

  /** Counts and records what was answered elsewhere. */
  noteRefusal(refused: Omit<Refusal, "id" | "atMs" | "transport">): void {
    const { observer, clock, nextId } = this.#parts;
    observer.messageRefused({ id: nextId(), atMs: clock.wallMs(), transport: "http", ...refused });
  }

  #inputSchemaOf(message: Message): JsonObject | undefined {
    return message.kind === "call" ? this.#parts.tools.inputSchemaOf(message.name) : undefined;
  }

  /** Who is calling, in which session; answers and returns undefined when the session is another's. */
  #admit(
    incoming: IncomingMessage,
    downstream: ServerResponse,
    message: Message | undefined,
  ): Exchange | undefined {
    const { sessions, identify } = this.#parts;
    const header = incoming.headers["mcp-session-id"];
    // Security: also on a modern body, which a server of the old era takes for a message of that session.
    const id = typeof header === "string" ? header : undefined;
    const client = (message === undefined ? undefined : clientOf(message)) ?? sessions.clientOf(id);
    const agent = identify(incoming, client);
    const base = { incoming, downstream, agent, ...(client === undefined ? {} : { client }) };
    if (id === undefined) return base;
    const session = sessions.use(id, principalOf(agent));
    if (session !== undefined) return { ...base, session };
    // As the server says it of a session it does not know: its client starts anew, and a stranger learns nothing.
    const answer = errorAnswer(
      404,
      INVALID_REQUEST,
      "Session not found",
      message === undefined ? undefined : idOf(message),
    );
    this.refuse(incoming, downstream, {
      cause: "ownership",
      detail: "the session belongs to another agent",
      bytes: 0,
      answer,
    });
    return undefined;
  }

  async #forward(exchange: Exchange, message: Message, text: string): Promise<void> {
    const { observer, upstream } = this.#parts;
    observer.messagePassed("downstream", message.kind === "response" ? "response" : message.method);
    switch (message.kind) {
      case "call":
        return this.#call(exchange, message, text);
      case "request":
        return this.#request(exchange, message, text);
      case "notification":
      case "response":
        return this.#send(exchange, (headers) => upstream.relay(message, text, headers));
    }
  }

  async #request(exchange: Exchange, message: RequestMessage, text: string): Promise<void> {
    const { enforcer, sessions, upstream } = this.#parts;
    const isFirstPage = message.params?.has("cursor") !== true;
    const tracked = { ...this.#track(exchange, message, text), isFirstPage };
    const { tracking, downstream } = tracked;
    const denial = enforcer.enforceMethod(tracking);
    if (denial !== undefined) {
      const answer = methodDenialAnswer({ id: message.id, decisionId: tracking.request.id }, denial);
      return answerDenied(downstream, tracking, answer);
    }
    if (message.method === "initialize" && !sessions.hasRoom()) {
      const answer = errorAnswer(503, INTERNAL_ERROR, "Too many sessions are open", message.id);
      return answerDenied(downstream, tracking, { ...answer, headers: { "retry-after": "60" } });
    }
    return this.#send(tracked, (headers, context) =>
      upstream.relay(message, withTrace(text, context), headers),
    );
  }

  async #call(exchange: Exchange, message: CallMessage, text: string): Promise<void> {
    const { enforcer, tools, upstream, policyFor } = this.#parts;
    const tracked = this.#track(exchange, message, text);
    const { tracking, session } = tracked;
    const { permit, denial } = enforcer.enforce(tracking, {
      tool: message.name,
      category: tracking.request.tool?.category ?? tools.categoryOf(message.name, undefined),
      args: message.args,
      inputSchema: this.#inputSchemaOf(message),
      isToolChanged: tools.isChanged(message.name, policyFor(exchange.agent)),
      text,
      ...(session === undefined ? {} : { session: session.id }),
    });
    if (denial === undefined) {
      const open: Open = (headers, context) =>
        upstream.call(permit, headers, (judged) => withTrace(judged, context));
      return this.#send(tracked, open, permit);
    }
    const answer = denialAnswer(
      {
        id: message.id,
        tool: message.name,
        era: message.era,
        isTask: asksForTask(message),
        decisionId: tracking.request.id,
      },
      denial,
    );
    answerDenied(exchange.downstream, tracking, answer);
  }

  async #send(exchange: Exchange, open: Open, permit?: Permit): Promise<void> {
    const { incoming, downstream, tracking } = exchange;
    tracking?.sent();
    const context = tracking === undefined ? undefined : this.#parts.propagate(tracking.request);
    const headers = { ...requestHeaders(incoming, this.#parts.withheldHeaders), ...context };
    const upstream = open(headers, context);
    let isGone = downstream.destroyed;
    const leave = (): void => {
      isGone = !downstream.writableFinished;
      if (isGone) upstream.abort();
    };
    downstream.once("close", leave);
    if (isGone) upstream.abort();
    try {
      await carryAnswer(exchange, await upstream.response, this.#parts);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (!error.wasSent) permit?.refund();
      if (isGone) return tracking?.ended("cancelled");
      const answer = faultAnswer(error, tracking?.request.rpcId);
      const ending = {
        resultBytes: Buffer.byteLength(answer.body),
        httpStatus: answer.status,
        rpcCode: INTERNAL_ERROR,
      };
      tracking?.ended(error.fault === "timeout" ? "timeout" : "upstream_error", ending);
      answerWith(downstream, answer);
    }
  }

  #track(
    exchange: Exchange,
    message: CallMessage | RequestMessage,
    text: string,
  ): Exchange & { readonly tracking: Tracking } {
    const { observer, clock, nextId, tools, policyFor } = this.#parts;
    const received = { ...exchange, id: nextId(), receivedAtMs: clock.wallMs() };
    const request = describeRequest(received, message, text, { tools, policy: policyFor(exchange.agent) });
    return { ...exchange, tracking: new Tracking(request, observer, clock) };
  }
}

export interface Refused extends Omit<RefusedRequest, "status"> {
  readonly answer: Answer;
  readonly bytes: number;
}

/** Never a 404, 401 or 403: clients take those for a lost session or a request to log in. */
function faultAnswer(error: UpstreamError, id: string | undefined): Answer {
  switch (error.fault) {
    case "unreachable":
      return errorAnswer(502, INTERNAL_ERROR, "The MCP server behind Tollgate cannot be reached", id);
    case "timeout":
      return errorAnswer(504, INTERNAL_ERROR, "The MCP server behind Tollgate did not answer in time", id);
    case "broken":
      return errorAnswer(
        502,
        INTERNAL_ERROR,
        "The MCP server behind Tollgate closed the connection without an answer",
        id,
      );
  }
}

function answerDenied(downstream: ServerResponse, tracking: Tracking, answer: Answer): void {
  tracking.ended("denied", { resultBytes: Buffer.byteLength(answer.body), httpStatus: answer.status });
  answerWith(downstream, answer);
}

function idOf(message: Message): string | undefined {
  return "id" in message ? message.id : undefined;
}
