/** Carries a JSON response of the upstream: read whole when it is short enough, watched when it is not. */

import type { EndOfResponse } from "../../enforcement/request-lifecycle.ts";
import { totalBytes, endWithChunks, concatChunks } from "../http/body-chunks.ts";
import { forwardedResponseHeaders } from "../http/forwarded-headers.ts";
import type { Exchange, ResponseContext } from "./exchange.ts";
import { needsInspection, outlineOf, filterResponse, recalled, wholeOf } from "./response-filter.ts";
import { type Held, hold, pump } from "./pipe.ts";
import { MessageSkimmer } from "../../mcp/message-skimmer.ts";
import type { MessageSummary } from "../../mcp/message-summary.ts";
import { learnTask, outcomeOfBreak, reject, settle } from "./response-outcome.ts";
import type { UpstreamResponse } from "../upstream.ts";

/** An answer up to this size is held back until it is seen to be whole, in bytes. */
const MAX_BUFFERED_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/** Carries the body and ends the request with it; a body that may not pass is answered with a 502. */
export function forwardJson(
  exchange: Exchange,
  answer: UpstreamResponse,
  parts: ResponseContext,
): void | Promise<void> {
  const held = hold(answer, needsInspection(exchange, parts) ? parts.listBytes : MAX_BUFFERED_BYTES);
  if (!(held instanceof Promise)) return forwardBuffered(exchange, answer, held, parts);
  return held.then((ended) => forwardBuffered(exchange, answer, ended, parts));
}

function forwardBuffered(
  exchange: Exchange,
  answer: UpstreamResponse,
  { end, body: came }: Held,
  parts: ResponseContext,
): void | Promise<void> {
  if (end === "broken") return reject(exchange, answer, "closed the connection within its answer");
  if (end === "more") {
    if (needsInspection(exchange, parts))
      return reject(exchange, answer, "sent an answer that is too large to be read");
    return forwardLongJson(exchange, answer, concatChunks(came), parts);
  }
  const known = recalled(exchange, parts, came);
  const body = known === undefined ? concatChunks(came) : NOTHING;
  const outline = known?.outline ?? outlineOf(body);
  if (outline !== undefined) learnTask(parts.taskOwners, outline, exchange);
  if (outline !== undefined) parts.observer.messagePassed("upstream", "response");
  else if (answer.statusCode < 300) return reject(exchange, answer, "answered with what is not JSON-RPC");
  const pieces =
    known?.pieces ?? (outline === undefined ? [body] : filterResponse(exchange, parts, { body, outline }));
  if (pieces === undefined) return reject(exchange, answer, "sent a tool list that cannot be read");
  const resultBytes = totalBytes(pieces);
  // Before the answer leaves, so that who has read it finds it counted and recorded.
  endWith(exchange, outline, { httpStatus: answer.statusCode, resultBytes }, parts);
  const headers = forwardedResponseHeaders(answer, false);
  headers["content-length"] = resultBytes;
  endWithChunks(exchange.downstream.writeHead(answer.statusCode, headers), pieces);
}

async function forwardLongJson(
  exchange: Exchange,
  answer: UpstreamResponse,
  held: Buffer,
  parts: ResponseContext,
): Promise<void> {
  const { downstream, tracking } = exchange;
  const outline = new MessageSkimmer();
  outline.push(held);
  downstream.writeHead(answer.statusCode, forwardedResponseHeaders(answer, true));
  let seen: MessageSummary | undefined;
  const pass = (chunk: Buffer): Buffer => {
    outline.push(chunk);
    return chunk;
  };
  const flush = (): Buffer | undefined => {
    seen = wholeOf(outline.end());
    return seen === undefined ? undefined : Buffer.alloc(0);
  };
  const { end, bytes } = await pump(answer, downstream, { pass, flush }, held);
  if (seen !== undefined) learnTask(parts.taskOwners, seen, exchange);
  if (end === "complete")
    endWith(exchange, seen, { httpStatus: answer.statusCode, resultBytes: bytes }, parts);
  else tracking?.ended(outcomeOfBreak(end), { resultBytes: bytes });
}

function endWith(
  { tracking, task }: Exchange,
  outline: MessageSummary | undefined,
  answer: EndOfResponse,
  { tasks }: ResponseContext,
): void {
  if (tracking === undefined) return;
  if (outline === undefined) {
    tracking.answered();
    return tracking.ended("upstream_error", answer);
  }
  tasks.onTaskMessage(outline, answer, task);
  settle(tracking, outline, answer, tasks);
}
