/** Forwards an event stream of the upstream: each of its messages is observed, and ends the request that it answers. */

import type { MessageSummary } from "../../../mcp/message-summary.ts";
import { INTERNAL_ERROR } from "../../../mcp/error-response.ts";
import { ACKNOWLEDGED } from "../../../mcp/message.ts";
import type { ClientResponse } from "../../http/client-response.ts";
import { deferResponse, takeDeferred } from "../../sessions/sessions.ts";
import { serverFailureResponse } from "../upstream-errors.ts";
import type { UpstreamResponse } from "../../upstream.ts";
import { FAILURES } from "../../upstream-failure.ts";
import { HeldStart } from "./held-start.ts";
import type { HttpExchange, ResponseContext } from "./http-exchange.ts";
import { KeepAlive } from "./keep-alive.ts";
import { type Filter, pump } from "./pipe.ts";
import { bufferingFilter, needsInspection } from "./response-filter.ts";
import {
  closeConnection,
  failureEvent,
  FOREIGN,
  isForeignEvent,
  isOwnResponse,
  isUnreadableAnswer,
  missingForm,
} from "./foreign-response.ts";
import { learnTask, outcomeOfBreak, reject, settle } from "./response-outcome.ts";
import { clientHeaders, openSession, provesSession } from "./response-session.ts";
import { SseGuard } from "./sse-guard.ts";

/** Forwards the stream to its end, and ends the request when no message of the stream has answered it. */
export async function forwardEventStream(
  exchange: HttpExchange,
  response: UpstreamResponse,
  context: ResponseContext,
): Promise<void> {
  const { caller, lifecycle } = exchange;
  const { downstream, session } = caller;
  const { streams } = context.state;
  const writeHead = (): void => {
    const headers = { ...clientHeaders(exchange, response, context), "x-accel-buffering": "no" };
    downstream.writeHead(response.statusCode, headers);
  };
  const isStreamed = response.bufferedBody === undefined;
  const start =
    isStreamed && provesSession(exchange, response, context)
      ? new HeldStart(writeHead, () => lifecycle?.isEnded === true)
      : undefined;
  if (isStreamed && start === undefined) {
    writeHead();
    downstream.flushHeaders();
  }
  const notified = new NotifiedStream(exchange, context);
  const filter = streamFilter(exchange, response, context, notified);
  const keepAlive = isStreamed && start === undefined ? keepAliveFor(downstream, filter, context) : undefined;
  const counted = downstream.isWithinStream === true ? 0 : 1;
  streams.count.open += counted;
  // The answer can come no more: the client cannot resume the stream, and waits for nothing else.
  const isLost = (): boolean =>
    lifecycle?.isEnded === false && !isEndless(exchange) && !filter.isResumable() && start === undefined;
  const lastEvent = (failure: string): Buffer => Buffer.from(endWith(exchange, failure));
  const { end, bytes } = await pump(response, downstream, {
    pass: (chunk) => {
      const passed = filter.pass(chunk);
      if (passed !== undefined && passed.byteLength > 0) keepAlive?.restart();
      return start === undefined || passed === undefined ? passed : start.pass(passed);
    },
    onBroken: () => (isLost() ? lastEvent(FAILURES.broken) : undefined),
    flush: () => {
      const left = filter.flush();
      const rest = left === undefined || !isLost() ? left : Buffer.concat([left, lastEvent(NO_ANSWER)]);
      return start === undefined || rest === undefined ? rest : start.release(rest);
    },
    begin: writeHead,
    onRefused: () => endRefused(exchange, response, filter, writeHead),
    onOpen: (endStream) => {
      if (isEndless(exchange)) streams.drain.trackStream(downstream, endStream);
    },
  });
  keepAlive?.stop();
  notified.close();
  streams.count.open -= counted;
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
  /** After the refusal of a foreign response: the events before it, while its own event is held. */
  readonly eventsBeforeRefusal: () => Buffer | undefined;
  /** The reason of the refusal, as a predicate of the server. */
  readonly failure: () => string;
  /** Whether the client can ask for the rest of the stream later. */
  readonly isResumable: () => boolean;
}

const NO_ANSWER = "ended its stream without an answer";

/** Ends the request with an error in the server's stead, and returns its event. */
function endWith(exchange: HttpExchange, failure: string): string {
  const event = failureEvent(exchange, failure);
  const { lifecycle } = exchange;
  lifecycle?.endedLocally(
    "upstream_error",
    serverFailureResponse(failure, lifecycle.request.rpcId),
    INTERNAL_ERROR,
  );
  return event;
}

function keepAliveFor(
  downstream: ClientResponse,
  { isBetweenEvents }: StreamFilter,
  { streamQuietMs: quietMs }: ResponseContext,
): KeepAlive {
  return new KeepAlive(downstream, { quietMs, isBetweenEvents });
}

/** Ends the stream after an event that may not pass; false when it must be broken. */
function endRefused(
  exchange: HttpExchange,
  response: UpstreamResponse,
  filter: StreamFilter,
  writeHead: () => void,
): boolean {
  const { downstream } = exchange.caller;
  const before = filter.eventsBeforeRefusal();
  // The stream of a GET is broken, so that its client opens it again.
  if (before === undefined || downstream.destroyed || exchange.lifecycle === undefined) return false;
  closeConnection(response);
  if (before.byteLength === 0 && !downstream.headersSent) {
    reject(exchange, response, filter.failure());
    return true;
  }
  if (!downstream.headersSent) writeHead();
  downstream.end(Buffer.concat([before, Buffer.from(failureEvent(exchange, filter.failure()))]));
  return true;
}

function streamFilter(
  exchange: HttpExchange,
  response: UpstreamResponse,
  context: ResponseContext,
  notified: NotifiedStream,
): StreamFilter {
  let bytes = 0;
  const onMessage = (summary: MessageSummary): void => {
    observeMessage(exchange, summary, context, bytes);
    notified.onMessage(summary);
  };
  let failure = FOREIGN;
  const onUnreadable = (reason: string): void => {
    failure = reason;
  };
  const mayPass = (summary: MessageSummary): boolean => {
    const isUnreadable = isUnreadableAnswer(summary, exchange);
    if (!isUnreadable && !isForeignEvent(summary, exchange)) {
      if (isOwnResponse(summary, exchange)) openSession(exchange, response, context.state.sessions);
      return true;
    }
    if (isUnreadable && exchange.kind === "tools_list") return true;
    if (isUnreadable) onUnreadable(FAILURES.unreadable);
    closeConnection(response);
    return false;
  };
  if (needsInspection(exchange, context)) {
    const hooks = { mayPass, onMessage, onUnreadable };
    const filter = bufferingFilter(exchange, context, hooks);
    const { pass, flush, eventsBeforeRefusal, isResumable } = filter;
    return {
      pass,
      flush,
      eventsBeforeRefusal,
      isResumable,
      isBetweenEvents: () => true,
      failure: () => failure,
    };
  }
  const idFor = (summary: MessageSummary): string | undefined => missingForm(summary, exchange);
  const [maxBytes, fields] = [context.maxListBytes, context.enforcement.answerFields()];
  const guard = new SseGuard({ mayPass, onMessage, idFor, maxBytes, fields });
  return {
    failure: () => failure,
    isResumable: guard.isResumable,
    pass: (chunk) => {
      bytes += chunk.byteLength;
      return guard.pass(chunk);
    },
    flush: guard.flush,
    eventsBeforeRefusal: guard.eventsBeforeRefusal,
    isBetweenEvents: guard.isBetweenEvents,
  };
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
  { observer, state: { tasks, taskOwners, elsewhere } }: ResponseContext,
  bytes: number,
): void {
  const { caller, lifecycle } = exchange;
  observer.messagePassed("upstream", summary.method ?? "response");
  const response = { resultBytes: bytes, httpStatus: 200 };
  if (summary.method !== undefined) return tasks.onTaskMessage(summary, response);
  if (summary.id === undefined) return;
  const isOwn = isOwnResponse(summary, exchange);
  learnTask(taskOwners, summary, exchange);
  const task = isOwn && exchange.kind === "task_request" ? exchange.task : undefined;
  tasks.onTaskMessage(summary, response, task);
  const answered = isOwn ? lifecycle : takeDeferred(caller.session, summary.id);
  if (answered !== undefined) settle(answered, summary, response, tasks);
  else if (!isOwn && caller.session !== undefined)
    elsewhere?.onAnswered(caller.session.id, summary.id, summary, response);
}
