/** Carries a stream of the upstream: each of its messages is noted, and ends the request that it answers. */

import { forwardedResponseHeaders } from "../http/forwarded-headers.ts";
import type { Exchange, ResponseContext } from "./exchange.ts";
import { bufferingFilter, needsInspection } from "./response-filter.ts";
import { type Filter, pump } from "./pipe.ts";
import type { MessageSummary } from "../../mcp/message-summary.ts";
import { learnTask, outcomeOfBreak, settle } from "./response-outcome.ts";
import { deferResponse, takeDeferred } from "../sessions/sessions.ts";
import { SseObserver } from "./sse-observer.ts";
import { ACKNOWLEDGED } from "../../mcp/message.ts";
import type { UpstreamResponse } from "../upstream.ts";

/** Carries the stream to its end, and ends the request when the stream has not answered it. */
export async function forwardEventStream(
  exchange: Exchange,
  answer: UpstreamResponse,
  parts: ResponseContext,
): Promise<void> {
  const { downstream, tracking, session, agent, subscription } = exchange;
  downstream.writeHead(answer.statusCode, {
    ...forwardedResponseHeaders(answer, false),
    "x-accel-buffering": "no",
  });
  if (answer.bufferedBody === undefined) downstream.flushHeaders();
  const counter = { bytes: 0 };
  const mustHold = needsInspection(exchange, parts);
  // What filters a list passes whole events.
  let release = tracking === undefined && mustHold ? parts.serverStreams.hold(downstream, agent) : undefined;
  const onMessage = (outline: MessageSummary): void => {
    noteMessage(exchange, outline, parts, counter.bytes);
    // Nothing of ours comes before the acknowledgement.
    if (subscription !== undefined && outline.method === ACKNOWLEDGED)
      release = parts.serverStreams.hold(downstream, agent, subscription);
  };
  const filter = mustHold ? bufferingFilter(exchange, parts, onMessage) : observingFilter(onMessage, counter);
  parts.streams.open += 1;
  const onOpen = (leave: () => void): void => {
    if (isEndless(exchange)) parts.answers.trackStream(downstream, leave);
  };
  const { end, bytes } = await pump(answer, downstream, {
    pass: (chunk) => filter.pass(chunk),
    flush: () => filter.flush(),
    onOpen,
  });
  release?.();
  parts.streams.open -= 1;
  if (tracking === undefined || tracking.isEnded) return;
  if (end === "complete") deferResponse(session, tracking, "upstream_error");
  else tracking.ended(outcomeOfBreak(end), { resultBytes: bytes });
}

/** Whether the stream answers no call: it lasts until somebody leaves. */
function isEndless({ tracking }: Exchange): boolean {
  return tracking === undefined || tracking.request.method === "subscriptions/listen";
}

function observingFilter(onMessage: (outline: MessageSummary) => void, counter: { bytes: number }): Filter {
  const watch = new SseObserver(onMessage);
  const pass = (chunk: Buffer): Buffer => {
    counter.bytes += chunk.byteLength;
    watch.push(chunk);
    return chunk;
  };
  return { pass, flush: () => Buffer.alloc(0) };
}

/** Ends the request that a message of a stream answers: this exchange's, or one whose own stream has ended. */
function noteMessage(
  exchange: Exchange,
  outline: MessageSummary,
  { observer, tasks, taskOwners }: ResponseContext,
  bytes: number,
): void {
  const { tracking, session, task } = exchange;
  observer.messagePassed("upstream", outline.method ?? "response");
  const answer = { resultBytes: bytes, httpStatus: 200 };
  if (outline.method !== undefined) return tasks.onTaskMessage(outline, answer);
  if (outline.id === undefined) return;
  const isOwn = outline.id === tracking?.request.rpcId;
  learnTask(taskOwners, outline, exchange);
  tasks.onTaskMessage(outline, answer, isOwn ? task : undefined);
  const answered = isOwn ? tracking : takeDeferred(session, outline.id);
  if (answered !== undefined) settle(answered, outline, answer, tasks);
}
