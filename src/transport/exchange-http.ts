/** One HTTP request from downstream: judged, sent on or answered, and its answer carried back. */

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Clock } from "../enforcement/clock.ts";
import type { Enforcer } from "../enforcement/enforce.ts";
import type { Propagate, Refusal } from "../enforcement/observer.ts";
import type { Permit } from "../enforcement/permit.ts";
import { type Agent, ANONYMOUS, principalOf, type TraceContext } from "../enforcement/request.ts";
import type { Policy } from "../policy/compile.ts";
import type { JsonObject } from "../policy/json.ts";
import { Tracking } from "../enforcement/tracking.ts";
import { type AnswerParts, carryAnswer, type Exchange } from "./answer-http.ts";
import { describeRequest } from "./describe-request.ts";
import { headerMismatch } from "./headers.ts";
import type { RefusedRequest } from "./http-edge.ts";
import type { Challenge } from "./identity/challenge.ts";
import type { Identified, Identity } from "./identity/identity.ts";
import { asksForTask, type CallMessage, clientOf, type Message, type RequestMessage } from "./message.ts";
import {
  type Answer,
  answerWith,
  denialAnswer,
  errorAnswer,
  HEADER_MISMATCH,
  INTERNAL_ERROR,
  methodDenialAnswer,
} from "./refusal.ts";
import { type Owned, strangerAnswer } from "./ownership.ts";
import { scan } from "./scan.ts";
import { taskIdOf } from "./task-owners.ts";
import type { ToolList } from "./tool-list.ts";
import { withTrace } from "./trace-splice.ts";
import { type Upstream, UpstreamError, type UpstreamExchange } from "./upstream.ts";
import { faultAnswer } from "./upstream-fault.ts";
import { requestHeaders } from "./upstream-http.ts";

export interface RelayParts extends AnswerParts {
  readonly upstream: Upstream;
  readonly tools: ToolList;
  readonly enforcer: Enforcer;
  /** The policy in force for this agent; undefined when none covers it. */
  readonly policyFor: (agent: Agent) => Policy | undefined;
  readonly propagate: Propagate;
  readonly identity: Identity;
  readonly challenge: Challenge;
  /** Headers that tell the upstream who is calling, set last. */
  readonly tellAgent: (agent: Agent) => OutgoingHttpHeaders;
  readonly clock: Clock;
  readonly nextId: () => string;
  /** Headers that never go upstream, in lower case: those that prove who the agent is. */
  readonly withheldHeaders: ReadonlySet<string>;
}

type Open = (headers: OutgoingHttpHeaders, context: TraceContext | undefined) => UpstreamExchange;

/** One HTTP request from downstream, and the agent that its proof names; absent without proof. */
export interface Caller {
  readonly incoming: IncomingMessage;
  readonly downstream: ServerResponse;
  readonly agent?: Agent;
}

export class HttpRelay {
  readonly #parts: RelayParts;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  /** Who is calling, by what the request shows beside its body. */
  identify(incoming: IncomingMessage): Identified | Promise<Identified> {
    return this.#parts.identity.identify(incoming);
  }

  /** The caller, when it may call at all; answers and returns undefined when its proof is bad or missing. */
  admit(incoming: IncomingMessage, downstream: ServerResponse, proof: Identified): Caller | undefined {
    if (proof.kind === "agent") return { incoming, downstream, agent: proof.agent };
    if (proof.kind === "none") return { incoming, downstream };
    const detail = proof.kind === "bad" ? proof.detail : "proof of identity is required here";
    const answer = this.#parts.challenge.refuse(proof.kind, detail);
    this.refuse({ incoming, downstream }, { cause: "unauthenticated", detail, bytes: 0, answer });
    return undefined;
  }

  /** Serves a POST whose whole body was read. */
  async post(caller: Caller, body: Buffer): Promise<void> {
    const scanned = scan(body);
    if (!scanned.ok) {
      const { cause, detail, code } = scanned;
      return this.refuse(caller, {
        cause,
        detail,
        bytes: body.byteLength,
        answer: errorAnswer(400, code, detail),
      });
    }
    const { message, text } = scanned;
    const mismatch = headerMismatch(message, caller.incoming.headersDistinct, this.#inputSchemaOf(message));
    if (mismatch !== undefined) {
      const answer = errorAnswer(400, HEADER_MISMATCH, mismatch, idOf(message));
      return this.refuse(caller, {
        cause: "header_mismatch",
        detail: mismatch,
        bytes: body.byteLength,
        answer,
      });
    }
    const exchange = this.#enter(caller, message);
    if (exchange !== undefined) await this.#forward(exchange, message, text);
  }

  /** Serves a GET or DELETE: the server's own stream, or the end of a session. */
  async open(method: "GET" | "DELETE", caller: Caller): Promise<void> {
    const exchange = this.#enter(caller, undefined);
    if (exchange === undefined) return;
    await this.#send(exchange, (headers) => this.#parts.upstream.open(method, headers));
    const { session } = exchange;
    if (method === "DELETE" && session !== undefined && caller.downstream.statusCode < 300)
      this.#parts.sessions.close(session.id);
  }

  /** Answers what may not pass: counted, recorded, never forwarded. */
  refuse({ agent = ANONYMOUS, downstream }: Caller, { cause, detail, bytes, answer }: Refused): void {
    this.noteRefusal({ cause, detail, bytes, agent });
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

  /** Who is calling, in which session; answers and returns undefined when session or task are another's. */
  #enter(caller: Caller, message: Message | undefined): Exchange | undefined {
    const { sessions, identity, tasks } = this.#parts;
    const header = caller.incoming.headers["mcp-session-id"];
    // Security: also on a modern body, which a server of the old era takes for a message of that session.
    const id = typeof header === "string" ? header : undefined;
    const client = (message === undefined ? undefined : clientOf(message)) ?? sessions.clientOf(id);
    const agent = caller.agent ?? identity.withoutProof(client);
    const base = { ...caller, agent, ...(client === undefined ? {} : { client }) };
    const principal = principalOf(agent);
    const session = id === undefined ? undefined : sessions.use(id, principal);
    if (id !== undefined && session === undefined) return this.#refuseStranger(base, message, "session");
    const task = message?.kind === "request" ? taskIdOf(message) : undefined;
    if (task !== undefined && tasks.use(task, principal) === "refused")
      return this.#refuseStranger(base, message, "task");
    return { ...base, ...(session && { session }), ...(task !== undefined && { task }) };
  }

  #refuseStranger(caller: Caller, message: Message | undefined, owned: Owned): undefined {
    const answer = strangerAnswer(owned, message === undefined ? undefined : idOf(message));
    this.refuse(caller, {
      cause: "ownership",
      detail: `the ${owned} belongs to another agent`,
      bytes: 0,
      answer,
    });
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
    const { withheldHeaders, tellAgent } = this.#parts;
    const headers = {
      ...requestHeaders(incoming, withheldHeaders),
      ...context,
      ...tellAgent(exchange.agent),
    };
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

function answerDenied(downstream: ServerResponse, tracking: Tracking, answer: Answer): void {
  tracking.ended("denied", { resultBytes: Buffer.byteLength(answer.body), httpStatus: answer.status });
  answerWith(downstream, answer);
}

function idOf(message: Message): string | undefined {
  return "id" in message ? message.id : undefined;
}
