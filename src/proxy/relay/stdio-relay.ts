/** One stdio client and its server: the client's lines judged and sent on or answered, the server's lines carried back. */

import type { Clock } from "../../enforcement/clock.ts";
import type { Enforcer } from "../../enforcement/enforcer.ts";
import type { Observer, Propagate, Refusal } from "../../enforcement/observer.ts";
import { type Client, type Outcome, outcomeOf, rpcCodeOf, type TraceContext } from "../../mcp/vocabulary.ts";
import type { Permit } from "../../enforcement/permit.ts";
import type { Agent } from "../../enforcement/request.ts";
import { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import type { Policy } from "../../policy/policy.ts";
import { ChildError } from "../upstream/child/child-error.ts";
import { describeRequest } from "./request-record.ts";
import {
  asksForTask,
  type CallMessage,
  clientOf,
  idToken,
  type Message,
  type NotificationMessage,
  type RequestMessage,
} from "../../mcp/message.ts";
import { type Pending, PendingRequests } from "../sessions/pending-requests.ts";
import { denialResponse, methodDenialResponse } from "./denial-response.ts";
import { errorResponse, INTERNAL_ERROR, INVALID_REQUEST } from "../../mcp/error-response.ts";
import type { MessageSummary } from "../../mcp/message-summary.ts";
import { parseMessage } from "../../mcp/parse-message.ts";
import { summarizeLine } from "../../mcp/message-skimmer.ts";
import {
  refusalForAgent,
  refusalForServer,
  type ServerRequests,
  messageFor,
} from "./server-request-rules.ts";
import { taskRequestOf, type OpenTasks } from "../sessions/open-tasks.ts";
import type { ToolCatalog } from "../tools/tool-catalog.ts";
import type { LineUpstream } from "../upstream/stdio.ts";

/** `not_json_rpc`: a banner, a log line, garbage; `unmatched`: an answer to no request that is under way; `too_large`: see the child. */
export type DroppedLine = "not_json_rpc" | "unmatched" | "too_large";

export interface StdioRelayParts {
  readonly upstream: LineUpstream;
  /** Resolves when the client's pipe took the line; never rejects. */
  readonly toClient: (line: string | Buffer) => Promise<void>;
  readonly tools: ToolCatalog;
  readonly enforcer: Enforcer;
  /** The policy in force for this agent; undefined when none covers it. */
  readonly policyFor: (agent: Agent) => Policy | undefined;
  readonly agent: Agent;
  readonly observer: Required<Observer>;
  readonly propagate: Propagate;
  readonly clock: Clock;
  readonly nextId: () => string;
  readonly serverRequests: ServerRequests;
  readonly tasks: OpenTasks;
  /** A line of the server that did not pass. */
  readonly onDropped: (cause: DroppedLine) => void;
}

export class StdioRelay {
  readonly #parts: StdioRelayParts;
  readonly #pending = new PendingRequests();
  /** What the client said it is, in its `initialize`. */
  #client: Client | undefined;

  constructor(parts: StdioRelayParts) {
    this.#parts = parts;
  }

  /** Takes one line of the client; resolves when the server, or the client, took what it led to. */
  async fromClient(line: Buffer): Promise<void> {
    const scanned = parseMessage(line);
    if (!scanned.ok) {
      const { cause, detail, code } = scanned;
      return this.refuse({ cause, detail, bytes: line.byteLength }, code);
    }
    const { message } = scanned;
    const refusal =
      "id" in message && message.kind !== "response" ? this.#pending.refusal(message.id) : undefined;
    if (refusal !== undefined)
      return this.refuse({ cause: "envelope", detail: refusal, bytes: line.byteLength });
    return this.#forward(message);
  }

  /** Takes one line of the server; resolves when the client took it. */
  async fromServer(line: Buffer): Promise<void> {
    const outline = summarizeLine(line);
    if (outline === undefined) return this.#parts.onDropped("not_json_rpc");
    const { observer, toClient, onDropped } = this.#parts;
    const pending =
      outline.method === undefined && outline.id !== undefined ? this.#pending.take(outline.id) : undefined;
    // Security: what answers nothing may be a second tools/list, which nobody would filter.
    if (outline.method === undefined && outline.id !== undefined && pending === undefined)
      return onDropped("unmatched");
    observer.messagePassed("upstream", outline.method ?? "response");
    const denied = this.#parts.serverRequests.deniedIn(outline);
    if (pending !== undefined) return toClient(this.#answer(pending, outline, { line, denied }));
    this.#parts.tasks.onTaskMessage(outline, { resultBytes: line.byteLength });
    return denied === undefined ? toClient(line) : this.#refuseServer(denied, outline.id);
  }

  /** The server's line was too long to be kept: whom it answered, if anybody, is told. */
  async tooLong(id: string | undefined): Promise<void> {
    this.#parts.onDropped("too_large");
    const pending = id === undefined ? undefined : this.#pending.take(id);
    if (pending !== undefined)
      await this.#parts.toClient(this.#failed(pending, "sent an answer that is too long"));
  }

  /** Answers what may not pass: counted, recorded, never forwarded. */
  async refuse(refused: Pick<Refusal, "cause" | "detail" | "bytes">, code = INVALID_REQUEST): Promise<void> {
    this.#noteRefusal(refused);
    await this.#parts.toClient(errorResponse(400, code, refused.detail).body);
  }

  #noteRefusal(refused: Pick<Refusal, "cause" | "detail" | "bytes">): void {
    const { observer, clock, nextId, agent } = this.#parts;
    observer.messageRefused({ id: nextId(), atMs: clock.wallMs(), transport: "stdio", agent, ...refused });
  }

  /** The server has ended: whoever waits for an answer is told. */
  async end(outcome: Outcome): Promise<void> {
    const owed = this.#pending.endAll(outcome, (id) => Buffer.byteLength(faultAnswer(GONE, id)));
    for (const id of owed) await this.#parts.toClient(faultAnswer(GONE, id));
  }

  async #forward(message: Message): Promise<void> {
    const { observer, upstream } = this.#parts;
    this.#client = clientOf(message) ?? this.#client;
    observer.messagePassed("downstream", message.kind === "response" ? "response" : message.method);
    switch (message.kind) {
      case "call":
        return this.#call(message);
      case "request":
        return this.#request(message);
      case "notification":
        this.#noteCancel(message);
        return orGone(upstream.relay(message));
      case "response":
        return orGone(upstream.relay(message));
    }
  }

  async #call(message: CallMessage): Promise<void> {
    const { enforcer, tools, upstream, policyFor, agent } = this.#parts;
    const tracking = this.#track(message);
    const verdict = enforcer.enforce(tracking, {
      message,
      category: tracking.request.tool?.category ?? tools.categoryOf(message.name, undefined),
      inputSchema: tools.inputSchemaOf(message.name),
      isToolChanged: tools.isChanged(message.name, policyFor(agent)),
    });
    const { permit, denial, approval } = verdict instanceof Promise ? await verdict : verdict;
    if (denial === undefined) {
      const pending = { tracking, isFirstPage: false };
      return this.#send(pending, (context) => upstream.call(permit, context), permit);
    }
    const { id, name: tool, era } = message;
    const call = {
      id,
      tool,
      era,
      isTask: asksForTask(message),
      decisionId: tracking.request.id,
      ...(approval !== undefined && { approvalId: approval }),
    };
    return this.#answerDenied(tracking, denialResponse(call, denial).body);
  }

  async #request(message: RequestMessage): Promise<void> {
    const { enforcer, upstream } = this.#parts;
    const tracking = this.#track(message);
    const judged = enforcer.enforceMethod(tracking);
    const denial = judged instanceof Promise ? await judged : judged;
    if (denial !== undefined) {
      const request = { id: message.id, decisionId: tracking.request.id };
      return this.#answerDenied(tracking, methodDenialResponse(request, denial).body);
    }
    const task = taskRequestOf(message);
    const isFirstPage = message.params?.has("cursor") !== true;
    const pending = { tracking, isFirstPage, ...(task && { task }) };
    return this.#send(pending, (context) => upstream.relay(message, context));
  }

  async #send(
    pending: Pending,
    send: (context: TraceContext | undefined) => Promise<void>,
    permit?: Permit,
  ): Promise<void> {
    const { tracking } = pending;
    const { request } = tracking;
    tracking.sent();
    // Before it is sent: the answer may be there before the pipe has said that it took the line.
    this.#pending.add(pending);
    try {
      await send(this.#parts.propagate(request));
    } catch (error) {
      if (!(error instanceof ChildError)) throw error;
      permit?.refund();
      // Else `end` has told the client.
      if (this.#pending.take(request.rpcId) === undefined) return;
      await this.#parts.toClient(this.#failed(pending, GONE));
    }
  }

  #answerDenied(tracking: RequestLifecycle, answer: string): Promise<void> {
    tracking.ended("denied", { resultBytes: Buffer.byteLength(answer) });
    return this.#parts.toClient(answer);
  }

  /** A request of the server that it may not make: recorded, and answered in the client's stead. */
  #refuseServer(method: string, id: string | undefined): Promise<void> {
    this.#noteRefusal({ cause: "server_request", detail: messageFor({ method }), bytes: 0 });
    if (id === undefined) return Promise.resolve();
    return orGone(this.#parts.upstream.relay(refusalForServer(id, { method })));
  }

  /** The line as the client may see it; the request ends before its answer leaves, so that who has read it finds it counted. */
  #answer(
    pending: Pending,
    outline: MessageSummary,
    { line, denied }: { readonly line: Buffer; readonly denied: string | undefined },
  ): string | Buffer {
    const { tracking, task } = pending;
    const { tasks } = this.#parts;
    const answer = denied === undefined ? this.#passable(pending, line) : this.#refused(tracking, denied);
    if (answer === undefined) return this.#failed(pending, "sent a tool list that cannot be read");
    const resultBytes = Buffer.byteLength(answer);
    tasks.onTaskMessage(outline, { resultBytes }, task);
    if (tasks.begin(tracking, outline, { resultBytes })) return answer;
    tracking.answered();
    tracking.ended(outcomeOf(outline), { resultBytes, ...rpcCodeOf(outline) });
    return answer;
  }

  /** Undefined when it may be a list of tools and cannot be read. */
  #passable({ tracking, isFirstPage }: Pending, line: Buffer): string | Buffer | undefined {
    const { tools, policyFor, agent } = this.#parts;
    if (tracking.request.method !== "tools/list") return line;
    return tools.filter(line.toString("utf8"), policyFor(agent), isFirstPage);
  }

  /** In place of a result by which the server asks for what it may not. */
  #refused({ request }: RequestLifecycle, method: string): string {
    this.#noteRefusal({ cause: "server_request", detail: messageFor({ method }), bytes: 0 });
    return refusalForAgent(request.rpcId, { method });
  }

  /** Ends the request with an answer in the server's stead. */
  #failed({ tracking }: Pending, what: string): string {
    const answer = faultAnswer(what, tracking.request.rpcId);
    tracking.ended("upstream_error", { resultBytes: Buffer.byteLength(answer), rpcCode: INTERNAL_ERROR });
    return answer;
  }

  #noteCancel({ method, params }: NotificationMessage): void {
    const id = method === "notifications/cancelled" ? idToken(params?.get("requestId")) : undefined;
    if (id !== undefined) this.#pending.cancel(id);
  }

  #track(message: CallMessage | RequestMessage): RequestLifecycle {
    const { observer, clock, nextId, tools, policyFor, agent } = this.#parts;
    const client = clientOf(message) ?? this.#client;
    const received = { id: nextId(), receivedAtMs: clock.wallMs(), agent, ...(client && { client }) };
    const request = describeRequest(received, message, { tools, policy: policyFor(agent) });
    return new RequestLifecycle(request, observer, clock);
  }
}

const GONE = "has ended without an answer";

function faultAnswer(what: string, id: string): string {
  return errorResponse(502, INTERNAL_ERROR, `The MCP server behind Tollgate ${what}`, id).body;
}

/** What nobody waits for an answer to is lost with the server. */
async function orGone(sent: Promise<void>): Promise<void> {
  try {
    await sent;
  } catch (error) {
    if (!(error instanceof ChildError)) throw error;
  }
}
