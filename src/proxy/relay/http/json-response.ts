/** Forwards a JSON response of the upstream: buffered when it is short enough, observed as it passes when it is not. */

import type { EndOfResponse } from "../../../enforcement/request-lifecycle.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";
import { endWithOwnId, ID_AT_END_BYTES, withOwnId } from "../../../mcp/own-id.ts";
import { MessageSkimmer } from "../../../mcp/message-skimmer.ts";
import { concatChunks, endWithChunks, totalBytes } from "../../http/body-chunks.ts";
import type { UpstreamResponse } from "../../upstream.ts";
import { FAILURES } from "../../upstream-failure.ts";
import { listFailure } from "../../tools/list-fault.ts";
import type { RequestExchange } from "../exchange.ts";
import type { HttpCaller, HttpExchange, ResponseContext } from "./http-exchange.ts";
import { buffered, type BufferedStart, pump } from "./pipe.ts";
import { cachedList, filteredBody, needsInspection, summaryOf, wellFormed } from "./response-filter.ts";
import { closeConnection, isForeignBody, missingForm, rejectForeign } from "./foreign-response.ts";
import { clientHeaders, openSession, provesSession } from "./response-session.ts";
import { learnTask, outcomeOfBreak, reject, settle } from "./response-outcome.ts";
import type { Work } from "../transport.ts";

/** A response up to this size is buffered, so that only a whole one is forwarded, in bytes. */
const MAX_BUFFERED_BYTES = 256 * 1024;
const EMPTY = Buffer.alloc(0);

type Exchange = RequestExchange<HttpCaller>;

/** Forwards the body and ends the request with it; a body that may not pass is answered with a 502. */
export function forwardJson(exchange: Exchange, response: UpstreamResponse, context: ResponseContext): Work {
  const maxBytes = mustBeWhole(exchange, response, context) ? context.maxListBytes : MAX_BUFFERED_BYTES;
  const start = buffered(response, maxBytes);
  if (!(start instanceof Promise)) return forwardBuffered(exchange, response, start, context);
  return start.then((read) => forwardBuffered(exchange, response, read, context));
}

function mustBeWhole(exchange: Exchange, response: UpstreamResponse, context: ResponseContext): boolean {
  return needsInspection(exchange, context) || provesSession(exchange, response, context);
}

function forwardBuffered(
  exchange: Exchange,
  response: UpstreamResponse,
  { end, chunks }: BufferedStart,
  context: ResponseContext,
): Work {
  if (end === "broken") return reject(exchange, response, "closed the connection within its answer");
  if (end === "more") {
    if (mustBeWhole(exchange, response, context)) return reject(exchange, response, FAILURES.too_large);
    const start = concatChunks(chunks);
    if (!needsOwnId(start, exchange)) return forwardLong(exchange, response, start, context);
    const rest = buffered(response, context.maxListBytes - start.byteLength);
    const withRest = (read: BufferedStart): Work =>
      read.end === "more"
        ? reject(exchange, response, FAILURES.too_large)
        : forwardBuffered(exchange, response, { end: read.end, chunks: [start, ...read.chunks] }, context);
    return rest instanceof Promise ? rest.then(withRest) : withRest(rest);
  }
  const cached = cachedList(exchange, context, chunks);
  const body = cached === undefined ? concatChunks(chunks) : EMPTY;
  const summary = cached?.summary ?? summaryOf(body, context.enforcement.answerFields());
  // Security: before anything is learnt of the response, so that no agent gets the session or task of another.
  if (summary !== undefined && isForeignBody(summary, exchange, response.statusCode))
    return rejectForeign(exchange, response);
  openSession(exchange, response, context.state.sessions);
  if (summary !== undefined) learnTask(context.state.taskOwners, summary, exchange);
  if (summary !== undefined) context.observer.messagePassed("upstream", "response");
  else if (response.statusCode < 300)
    return reject(
      exchange,
      response,
      exchange.kind === "tools_list"
        ? listFailure(body.toString("utf8"))
        : "answered with what is not JSON-RPC",
    );
  const pieces =
    cached?.pieces ??
    (summary === undefined
      ? [body]
      : filteredBody(exchange, context, { body: underOwnId(body, summary, exchange), summary }));
  if (pieces === undefined)
    return reject(
      exchange,
      response,
      exchange.kind === "tools_list" ? listFailure(body.toString("utf8")) : FAILURES.unreadable,
    );
  const resultBytes = totalBytes(pieces);
  // Before the response leaves, so that a client that has read it finds it counted and recorded.
  endRequest(exchange, summary, { httpStatus: response.statusCode, resultBytes }, context);
  const headers = clientHeaders(exchange, response, context);
  headers["content-length"] = resultBytes;
  endWithChunks(exchange.caller.downstream.writeHead(response.statusCode, headers), pieces);
}

/** Whether the id in the start of a long body has another form than that of the request. */
function needsOwnId(start: Buffer, exchange: Exchange): boolean {
  const skimmer = new MessageSkimmer();
  skimmer.push(start);
  return missingForm(skimmer.end(), exchange) !== undefined;
}

/** The body with the id as the request had it: some servers answer the request 7 with the id "7". */
function underOwnId(body: Buffer, summary: MessageSummary, exchange: Exchange): Buffer {
  const id = missingForm(summary, exchange);
  return id === undefined ? body : Buffer.from(withOwnId(body.toString("utf8"), id));
}

/** Forwards a JSON body that answers no request: it may describe an error, but not carry the response to a request. */
export async function forwardUnasked(
  exchange: HttpExchange,
  response: UpstreamResponse,
  context: ResponseContext,
): Promise<void> {
  const { end, chunks } = await buffered(response, MAX_BUFFERED_BYTES);
  if (end === "broken") return reject(exchange, response, "closed the connection within its answer");
  if (end === "more") return reject(exchange, response, "sent a long answer where none was asked for");
  const body = concatChunks(chunks);
  const summary = summaryOf(body);
  const { statusCode } = response;
  if (summary !== undefined && isForeignBody(summary, exchange, statusCode))
    return rejectForeign(exchange, response);
  const { downstream } = exchange.caller;
  if (downstream.destroyed) return;
  downstream.writeHead(statusCode, clientHeaders(exchange, response, context, true)).end(body);
}

async function forwardLong(
  exchange: Exchange,
  response: UpstreamResponse,
  start: Buffer,
  context: ResponseContext,
): Promise<void> {
  const { statusCode: httpStatus } = response;
  const { caller, lifecycle } = exchange;
  const skimmer = new MessageSkimmer(context.enforcement.answerFields());
  skimmer.push(start);
  // An id that is still to come may have to be written in another form, of another length.
  const hasId = skimmer.end().id !== undefined;
  caller.downstream.writeHead(httpStatus, clientHeaders(exchange, response, context, hasId));
  let summary: MessageSummary | undefined;
  let last = EMPTY;
  const pass = (chunk: Buffer): Buffer => {
    skimmer.push(chunk);
    if (hasId) return chunk;
    const all = Buffer.concat([last, chunk]);
    const passed = Math.max(0, all.byteLength - ID_AT_END_BYTES);
    last = all.subarray(passed);
    return all.subarray(0, passed);
  };
  const flush = (): Buffer | undefined => {
    summary = wellFormed(skimmer.end());
    if (summary === undefined) return undefined;
    if (!isForeignBody(summary, exchange, httpStatus)) {
      const id = missingForm(summary, exchange);
      return id === undefined ? last : endWithOwnId(last, id);
    }
    summary = undefined;
    closeConnection(response);
    return undefined;
  };
  const { end, bytes } = await pump(response, caller.downstream, { pass, flush }, start);
  if (summary !== undefined) openSession(exchange, response, context.state.sessions);
  if (summary !== undefined) learnTask(context.state.taskOwners, summary, exchange);
  if (end === "complete") endRequest(exchange, summary, { httpStatus, resultBytes: bytes }, context);
  else lifecycle.ended(outcomeOfBreak(end), { resultBytes: bytes });
}

function endRequest(
  exchange: Exchange,
  summary: MessageSummary | undefined,
  response: EndOfResponse,
  { state: { tasks } }: ResponseContext,
): void {
  const { lifecycle } = exchange;
  if (summary === undefined) {
    lifecycle.answered();
    return lifecycle.ended("upstream_error", response);
  }
  tasks.onTaskMessage(summary, response, exchange.kind === "task_request" ? exchange.task : undefined);
  settle(lifecycle, summary, response, tasks);
}
