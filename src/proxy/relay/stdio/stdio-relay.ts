/** Relays between one stdio client and its server: the client's lines are decided, the server's lines are filtered. */

import type { Refusal } from "../../../enforcement/observer.ts";
import type { Agent } from "../../../enforcement/request.ts";
import { errorResponse, INVALID_REQUEST } from "../../../mcp/error-response.ts";
import { withOwnId } from "../../../mcp/own-id.ts";
import { otherForm, unreadableResponseId } from "../../../mcp/unreadable-response.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";
import { summarizeLine } from "./summarize-line.ts";
import { type Outcome, outcomeOf, rpcCodeOf } from "../../../mcp/vocabulary.ts";
import type { OpenTasks } from "../../sessions/open-tasks.ts";
import { PendingRequests } from "../../sessions/pending-requests.ts";
import type { LineUpstream } from "../../upstream/stdio.ts";
import { isToolList, listFailure } from "../../tools/list-fault.ts";
import type { RequestExchange } from "../exchange.ts";
import { Relay, type RelayRuntime } from "../relay.ts";
import {
  messageFor,
  refusalForAgent,
  refusalForServer,
  type ServerRequests,
} from "../server-request-rules.ts";
import { type StdioCaller, StdioDownstream, type StdioSource } from "./stdio-downstream.ts";
import { fail, GONE, StdioForwarder, unlessGone } from "./stdio-forwarder.ts";
import { serverFailureResponse } from "../upstream-errors.ts";
import { FAILURES } from "../../upstream-failure.ts";

/** `not_json_rpc`: no message of JSON-RPC; `unmatched`: a response to no request that is under way; `too_large`: a longer line than the child may write. */
export type DroppedLine = "not_json_rpc" | "unmatched" | "too_large";

export interface StdioRelayOptions {
  readonly runtime: RelayRuntime;
  readonly nextId: () => string;
  readonly agent: Agent;
  /** Resolves when the client's pipe took the line; never rejects. */
  readonly toClient: (line: string | Buffer) => Promise<void>;
  readonly upstream: LineUpstream;
  readonly serverRequests: ServerRequests;
  readonly tasks: OpenTasks;
  /** Called for each line of the server that is not forwarded. */
  readonly onDropped: (cause: DroppedLine) => void;
}

/** A line of the client that was not read; `id` is that of its request, as a token, when it could be read. */
export type UnreadLine = Pick<Refusal, "cause" | "detail" | "bytes"> & { readonly id: string | undefined };

type Exchange = RequestExchange<StdioCaller>;

export class StdioRelay {
  readonly #options: StdioRelayOptions;
  readonly #pending = new PendingRequests<Exchange>();
  readonly #source: StdioSource;
  readonly #relay: Relay<StdioSource, StdioCaller>;

  constructor(options: StdioRelayOptions) {
    const { runtime, nextId, agent, toClient, upstream } = options;
    this.#options = options;
    this.#source = { transport: "stdio", agent };
    this.#relay = new Relay({
      runtime,
      nextId,
      downstream: new StdioDownstream(this.#pending, toClient),
      forwarder: new StdioForwarder(upstream, this.#pending, toClient),
    });
  }

  /** Relays one line of the client; resolves when the server took it, or the client took the response. */
  async fromClient(line: Buffer): Promise<void> {
    await this.#relay.relay(this.#source, line);
  }

  /** Refuses a line of the client that was not read. */
  async refuse({ id, ...refused }: UnreadLine): Promise<void> {
    const { cause, detail, bytes } = refused;
    const response = errorResponse(400, INVALID_REQUEST, detail, id);
    await this.#relay.refuse(this.#source, { cause, detail, bytes, response });
  }

  /** Forwards one line of the server; resolves when the client took it. */
  async fromServer(line: Buffer): Promise<void> {
    const { runtime, toClient, onDropped, serverRequests, tasks } = this.#options;
    const summary = summarizeLine(line, runtime.enforcement.answerFields());
    if (summary === undefined) return this.#dropUnreadable(line);
    const { method, id } = summary;
    const isResponse = method === undefined && id !== undefined;
    const exchange = isResponse ? this.#take(id) : undefined;
    // Security: a response that answers no request may be a second tools/list, which would not be filtered.
    if (isResponse && exchange === undefined) return onDropped("unmatched");
    runtime.telemetry.observer.messagePassed("upstream", method ?? "response");
    const denied = serverRequests.deniedIn(summary);
    if (exchange !== undefined)
      return toClient(
        this.#forward(exchange, summary, { line: underOwnId(line, summary, exchange), denied }),
      );
    tasks.onTaskMessage(summary, { resultBytes: line.byteLength });
    return denied === undefined ? toClient(line) : this.#refuseServer(denied, id);
  }

  /** Drops a line of the server that was too long to be kept; `id` is that of the request that it answers, if any. */
  async tooLong(id: string | undefined): Promise<void> {
    const { onDropped, toClient } = this.#options;
    onDropped("too_large");
    const exchange = id === undefined ? undefined : this.#take(id);
    if (exchange !== undefined) await toClient(fail(exchange, FAILURES.too_large));
  }

  async #dropUnreadable(line: Buffer): Promise<void> {
    const { onDropped, toClient } = this.#options;
    onDropped("not_json_rpc");
    const id = unreadableResponseId(line, this.#pending);
    const exchange = id === undefined ? undefined : this.#take(id);
    if (exchange !== undefined)
      await toClient(
        fail(exchange, isToolList(line) ? listFailure(line.toString("utf8")) : FAILURES.unreadable),
      );
  }

  /** The request that a response is for: some servers answer the request 7 with the id "7". */
  #take(id: string): Exchange | undefined {
    return this.#pending.take(id) ?? this.#pending.take(otherForm(id) ?? id);
  }

  /** Answers every pending request, because the server has ended. */
  async end(outcome: Outcome): Promise<void> {
    const answered = this.#pending.endAll(outcome, (id) => Buffer.byteLength(goneBody(id)));
    for (const id of answered) await this.#options.toClient(goneBody(id));
  }

  /** The line as the client may see it; the request ends before its response leaves, so that a client that has read it finds it counted. */
  #forward(
    exchange: Exchange,
    summary: MessageSummary,
    { line, denied }: { readonly line: Buffer; readonly denied: string | undefined },
  ): string | Buffer {
    const { lifecycle } = exchange;
    const { tasks } = this.#options;
    const response = denied === undefined ? this.#filtered(exchange, line) : this.#refused(exchange, denied);
    if (response === undefined) return fail(exchange, listFailure(line.toString("utf8")));
    const resultBytes = Buffer.byteLength(response);
    tasks.onTaskMessage(
      summary,
      { resultBytes },
      exchange.kind === "task_request" ? exchange.task : undefined,
    );
    if (tasks.begin(lifecycle, summary, { resultBytes })) return response;
    lifecycle.answered();
    const { amounts } = summary;
    lifecycle.ended(outcomeOf(summary), { resultBytes, ...rpcCodeOf(summary), amounts });
    return response;
  }

  /** Undefined when the line may be a tools/list and cannot be read. */
  #filtered(exchange: Exchange, line: Buffer): string | Buffer | undefined {
    if (exchange.kind !== "tools_list") return line;
    const { tools, viewFor } = this.#options.runtime.enforcement;
    return tools.filter(line.toString("utf8"), viewFor(exchange.caller), exchange.isFirstPage);
  }

  /** Replaces a result by which the server asks for more than it may. */
  #refused({ lifecycle }: Exchange, method: string): string {
    this.#recordServerRequest(method);
    return refusalForAgent(lifecycle.request.rpcId, { method });
  }

  /** Records a request that the server may not make, and answers it in the client's stead. */
  async #refuseServer(method: string, id: string | undefined): Promise<void> {
    this.#recordServerRequest(method);
    if (id !== undefined) await unlessGone(this.#options.upstream.relay(refusalForServer(id, { method })));
  }

  #recordServerRequest(method: string): void {
    const { agent } = this.#options;
    this.#relay.recordRefusal("stdio", {
      cause: "server_request",
      detail: messageFor({ method }),
      bytes: 0,
      agent,
    });
  }
}

/** The line with the id as the request had it. */
function underOwnId(line: Buffer, { id }: MessageSummary, { lifecycle }: Exchange): Buffer {
  const { rpcId } = lifecycle.request;
  return id === rpcId ? line : Buffer.from(withOwnId(line.toString("utf8"), rpcId));
}

function goneBody(id: string): string {
  return serverFailureResponse(GONE, id).body;
}
