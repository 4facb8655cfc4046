/** Forwards an event stream of the upstream: each of its messages is observed, and ends the request that it answers. */

import type { ServerResponse } from "node:http";
import type { MessageSummary } from "../../../mcp/message-summary.ts";
import { ACKNOWLEDGED } from "../../../mcp/message.ts";
import { forwardedResponseHeaders } from "../../http/forwarded-headers.ts";
import { deferResponse, takeDeferred } from "../../sessions/sessions.ts";
import type { UpstreamResponse } from "../../upstream.ts";
import type { HttpExchange, ResponseContext } from "./http-exchange.ts";
import { KeepAlive } from "./keep-alive.ts";
import { type Filter, pump } from "./pipe.ts";
import { bufferingFilter, needsInspection } from "./response-filter.ts";
import { learnTask, outcomeOfBreak, settle } from "./response-outcome.ts";
import { SseObserver } from "./sse-observer.ts";

/** Forwards the stream to its end, and ends the request when no message of the stream has answered it. */
export async function forwardEventStream(
  exchange: HttpExchange,
  response: UpstreamResponse,
  context: ResponseContext,
): Promise<void> {
  const { caller, lifecycle } = exchange;
  const { downstream, session } = caller;
  const { streams } = context.state;
  downstream.writeHead(response.statusCode, {
    ...forwardedResponseHeaders(response, false),
    "x-accel-buffering": "no",
  });
  if (response.bufferedBody === undefined) downstream.flushHeaders();
  const notified = new NotifiedStream(exchange, context);
  const filter = streamFilter(exchange, context, notified);
  const keepAlive =
    response.bufferedBody === undefined ? keepAliveFor(downstream, filter, context) : undefined;
  streams.count.open += 1;
  const { end, bytes } = await pump(response, downstream, {
    pass: (chunk) => {
      const passed = filter.pass(chunk);
      if (passed !== undefined && passed.byteLength > 0) keepAlive?.restart();
      return passed;
    },
    flush: () => filter.flush(),
    onOpen: (endStream) => {
      if (isEndless(exchange)) streams.drain.trackStream(downstream, endStream);
    },
  });
  keepAlive?.stop();
  notified.close();
  streams.count.open -= 1;
  if (lifecycle === undefined || lifecycle.isEnded) return;
  if (end === "complete") deferResponse(session, lifecycle, "upstream_error");
  else lifecycle.ended(outcomeOfBreak(end), { resultBytes: bytes });
}

/** Whether the stream answers no call: it lasts until the client or the server leaves. */
function isEndless({ kind, lifecycle }: HttpExchange): boolean {
  return lifecycle === undefined || kind === "subscription";
}

/** A filter that knows whether all bytes that it has passed are whole events. */
interface StreamFilter extends Filter {
  readonly isBetweenEvents: () => boolean;
}

function keepAliveFor(
  downstream: ServerResponse,
  { isBetweenEvents }: StreamFilter,
  { streamQuietMs: quietMs }: ResponseContext,
): KeepAlive {
  return new KeepAlive(downstream, { quietMs, isBetweenEvents });
}

function streamFilter(
  exchange: HttpExchange,
  context: ResponseContext,
  notified: NotifiedStream,
): StreamFilter {
  let bytes = 0;
  const onMessage = (summary: MessageSummary): void => {
    observeMessage(exchange, summary, context, bytes);
    notified.onMessage(summary);
  };
  if (needsInspection(exchange, context)) {
    const filter = bufferingFilter(exchange, context, onMessage);
    return { pass: filter.pass, flush: filter.flush, isBetweenEvents: () => true };
  }
  const observer = new SseObserver(onMessage);
  const pass = (chunk: Buffer): Buffer => {
    bytes += chunk.byteLength;
    observer.push(chunk);
    return chunk;
  };
  return { pass, flush: () => Buffer.alloc(0), isBetweenEvents: () => observer.isBetweenEvents };
}

/** A stream that may carry `tools/list_changed` of Tollgate's own; its events must be forwarded whole. */
class NotifiedStream {
  readonly #exchange: HttpExchange;
  readonly #context: ResponseContext;
  #release: (() => void) | undefined;

  constructor(exchange: HttpExchange, context: ResponseContext) {
    this.#exchange = exchange;
    this.#context = context;
    if (exchange.lifecycle === undefined && needsInspection(exchange, context)) this.#hold();
  }

  /** A subscription carries no message of Tollgate's before its acknowledgement. */
  onMessage({ method }: MessageSummary): void {
    const { kind, lifecycle } = this.#exchange;
    if (kind !== "subscription" || !this.#exchange.isForTools || method !== ACKNOWLEDGED) return;
    this.#hold(lifecycle?.request.rpcId);
  }

  close(): void {
    this.#release?.();
  }

  #hold(subscriptionId?: string): void {
    const { downstream, agent } = this.#exchange.caller;
    this.#release = this.#context.state.streams.notifications.hold(downstream, agent, subscriptionId);
  }
}

/** Ends the request that a message of a stream answers: this exchange's, or one whose own stream has ended. */
function observeMessage(
  exchange: HttpExchange,
  summary: MessageSummary,
  { observer, state: { tasks, taskOwners } }: ResponseContext,
  bytes: number,
): void {
  const { caller, lifecycle } = exchange;
  observer.messagePassed("upstream", summary.method ?? "response");
  const response = { resultBytes: bytes, httpStatus: 200 };
  if (summary.method !== undefined) return tasks.onTaskMessage(summary, response);
  if (summary.id === undefined) return;
  const isOwn = summary.id === lifecycle?.request.rpcId;
  learnTask(taskOwners, summary, exchange);
  const task = isOwn && exchange.kind === "task_request" ? exchange.task : undefined;
  tasks.onTaskMessage(summary, response, task);
  const answered = isOwn ? lifecycle : takeDeferred(caller.session, summary.id);
  if (answered !== undefined) settle(answered, summary, response, tasks);
}
