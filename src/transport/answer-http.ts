/** Carries one HTTP answer of the upstream to its client: streamed, watched, and cut where a tools/list hides something. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Observer, Outcome } from "../enforcement/observer.ts";
import { type Agent, type Client, principalOf } from "../enforcement/request.ts";
import type { Tracking } from "../enforcement/tracking.ts";
import { outcomeOf, rpcCodeOf } from "./outcome.ts";
import { type Filter, hold, pump, type PumpEnd } from "./pump.ts";
import { answerWith, errorAnswer, INTERNAL_ERROR } from "./refusal.ts";
import { type Outline, ReplyOutline } from "./reply.ts";
import { oweAnswer, payAnswer, type Session, type Sessions } from "./session.ts";
import { StreamFilter } from "./stream-filter.ts";
import { StreamWatch } from "./stream-watch.ts";
import type { UpstreamAnswer } from "./upstream.ts";
import { isStream, responseHeaders } from "./upstream-http.ts";

/** The two ends of one HTTP request, and who is at the far one. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly downstream: ServerResponse;
  readonly agent: Agent;
  readonly client?: Client;
  readonly session?: Session;
  /** Absent on GET, DELETE, notifications and responses. */
  readonly tracking?: Tracking;
  /** Of a tools/list: whether it asks for the list from its start. */
  readonly isFirstPage?: boolean;
}

/** How many streams are open now; counted here, read by whoever shows it. */
export interface OpenStreams {
  open: number;
}

export interface AnswerParts {
  readonly sessions: Sessions;
  readonly streams: OpenStreams;
  readonly observer: Required<Observer>;
  /** The message as this agent may see it: itself, or without hidden tools; undefined when it cannot be read. */
  readonly filterList: (agent: Agent, text: string, isFirstPage: boolean) => string | undefined;
  /** Longest message that is held back to be filtered, in bytes. */
  readonly listBytes: number;
}

/** An answer up to this size is held back until it is seen to be whole, in bytes. */
const HELD_BYTES = 256 * 1024;

/** Carries the whole answer and ends the exchange's request; never rejects for what the upstream does. */
export async function carryAnswer(
  exchange: Exchange,
  answer: UpstreamAnswer,
  parts: AnswerParts,
): Promise<void> {
  const status = answer.statusCode ?? 502;
  const encoding = answer.headers["content-encoding"] ?? "identity";
  // A redirect that reached the client would lead it past us.
  if (status >= 300 && status < 400) return reject(exchange, answer, "answered with a redirect");
  const mustRead = status < 300 && status !== 202 && status !== 204 && exchange.incoming.method !== "DELETE";
  if (mustRead && encoding !== "identity")
    return reject(exchange, answer, "answered in an encoding that was not asked for");
  rememberSession(exchange, answer, parts.sessions);
  if (status < 300 && isStream(answer)) return carryStream(exchange, answer, parts);
  if (isJson(answer) && exchange.tracking !== undefined) return carryJson(exchange, answer, parts);
  if (mustRead && (exchange.tracking !== undefined || exchange.incoming.method === "GET")) {
    return reject(exchange, answer, "answered with neither JSON nor a stream");
  }
  return carryVerbatim(exchange, answer);
}

/** Whether a tools/list can arrive on this answer, so that each of its messages must be read whole. */
function mayList({ tracking, incoming }: Exchange): boolean {
  return tracking === undefined ? incoming.method === "GET" : tracking.request.method === "tools/list";
}

async function carryStream(exchange: Exchange, answer: UpstreamAnswer, parts: AnswerParts): Promise<void> {
  const { downstream, tracking, session } = exchange;
  downstream.writeHead(answer.statusCode ?? 200, {
    ...responseHeaders(answer, false),
    "x-accel-buffering": "no",
  });
  downstream.flushHeaders();
  const counter = { bytes: 0 };
  const onMessage = (outline: Outline): void => noteMessage(exchange, outline, parts.observer, counter.bytes);
  const filter = mayList(exchange) ? listFilter(exchange, parts, onMessage) : watchFilter(onMessage, counter);
  parts.streams.open += 1;
  const { end, bytes } = await pump(answer, downstream, filter);
  parts.streams.open -= 1;
  if (tracking === undefined || tracking.isEnded) return;
  if (end === "complete") oweAnswer(session, tracking, "upstream_error");
  else tracking.ended(outcomeOfBreak(end), { resultBytes: bytes });
}

function watchFilter(onMessage: (outline: Outline) => void, counter: { bytes: number }): Filter {
  const watch = new StreamWatch(onMessage);
  const pass = (chunk: Buffer): Buffer => {
    counter.bytes += chunk.byteLength;
    watch.push(chunk);
    return chunk;
  };
  return { pass, flush: () => Buffer.alloc(0) };
}

function listFilter(exchange: Exchange, parts: AnswerParts, onMessage: (outline: Outline) => void): Filter {
  const rewrite = (data: string): string | undefined => filterText(exchange, parts, data);
  return new StreamFilter({ maxBytes: parts.listBytes, rewrite, onMessage });
}

function filterText({ agent, isFirstPage }: Exchange, parts: AnswerParts, text: string): string | undefined {
  return parts.filterList(agent, text, isFirstPage === true);
}

/** Ends the request that a message of a stream answers: this exchange's, or one whose own stream has ended. */
function noteMessage(
  { tracking, session }: Exchange,
  outline: Outline,
  observer: Required<Observer>,
  bytes: number,
): void {
  observer.messagePassed("upstream", outline.method ?? "response");
  if (outline.method !== undefined || outline.id === undefined) return;
  const answer = { resultBytes: bytes, httpStatus: 200, ...rpcCodeOf(outline) };
  if (tracking !== undefined && outline.id === tracking.request.rpcId) {
    tracking.answered();
    tracking.ended(outcomeOf(outline), answer);
  } else {
    payAnswer(session, outline.id, outcomeOf(outline), answer);
  }
}

async function carryJson(exchange: Exchange, answer: UpstreamAnswer, parts: AnswerParts): Promise<void> {
  const isList = mayList(exchange);
  const { end, body } = await hold(answer, isList ? parts.listBytes : HELD_BYTES);
  if (end === "broken") return reject(exchange, answer, "closed the connection within its answer");
  if (end === "more") {
    if (isList) return reject(exchange, answer, "sent a tool list that is too large to be read");
    return carryLongJson(exchange, answer, body);
  }
  const outline = outlineOf(body);
  const isWhole = outline !== undefined;
  if (isWhole) parts.observer.messagePassed("upstream", "response");
  if (!isWhole && (answer.statusCode ?? 0) < 300)
    return reject(exchange, answer, "answered with what is not JSON-RPC");
  const filtered = isList && isWhole ? filterText(exchange, parts, body.toString("utf8")) : undefined;
  if (isList && isWhole && filtered === undefined)
    return reject(exchange, answer, "sent a tool list that cannot be read");
  const bytes = filtered === undefined ? body : Buffer.from(filtered);
  exchange.tracking?.answered();
  // Before the answer leaves, so that who has read it finds it counted and recorded.
  endWith(exchange, answer, outline, bytes.byteLength);
  exchange.downstream.writeHead(answer.statusCode ?? 200, {
    ...responseHeaders(answer, false),
    "content-length": bytes.byteLength,
  });
  exchange.downstream.end(bytes);
}

async function carryLongJson(exchange: Exchange, answer: UpstreamAnswer, held: Buffer): Promise<void> {
  const { downstream, tracking } = exchange;
  const outline = new ReplyOutline();
  outline.push(held);
  downstream.writeHead(answer.statusCode ?? 200, responseHeaders(answer, true));
  let seen: Outline | undefined;
  const pass = (chunk: Buffer): Buffer => {
    outline.push(chunk);
    return chunk;
  };
  const flush = (): Buffer | undefined => {
    seen = wholeOf(outline.end());
    return seen === undefined ? undefined : Buffer.alloc(0);
  };
  const { end, bytes } = await pump(answer, downstream, { pass, flush }, held);
  if (end === "complete") endWith(exchange, answer, seen, bytes);
  else tracking?.ended(outcomeOfBreak(end), { resultBytes: bytes });
}

async function carryVerbatim(exchange: Exchange, answer: UpstreamAnswer): Promise<void> {
  const { downstream, tracking } = exchange;
  downstream.writeHead(answer.statusCode ?? 502, responseHeaders(answer, true));
  const { end, bytes } = await pump(answer, downstream, {
    pass: (chunk) => chunk,
    flush: () => Buffer.alloc(0),
  });
  const outcome = end === "complete" ? "upstream_error" : outcomeOfBreak(end);
  tracking?.ended(outcome, { resultBytes: bytes, httpStatus: answer.statusCode ?? 502 });
}

function endWith(
  { tracking }: Exchange,
  answer: UpstreamAnswer,
  outline: Outline | undefined,
  resultBytes: number,
): void {
  const httpStatus = answer.statusCode ?? 200;
  if (outline === undefined) tracking?.ended("upstream_error", { resultBytes, httpStatus });
  else tracking?.ended(outcomeOf(outline), { resultBytes, httpStatus, ...rpcCodeOf(outline) });
}

/** Answers in the upstream's stead when what it sent may not pass. */
function reject({ downstream, tracking }: Exchange, answer: UpstreamAnswer, what: string): void {
  answer.destroy();
  if (downstream.destroyed) return tracking?.ended("cancelled");
  const refusal = errorAnswer(
    502,
    INTERNAL_ERROR,
    `The MCP server behind Tollgate ${what}`,
    tracking?.request.rpcId,
  );
  const resultBytes = Buffer.byteLength(refusal.body);
  tracking?.ended("upstream_error", { resultBytes, httpStatus: 502, rpcCode: INTERNAL_ERROR });
  answerWith(downstream, refusal);
}

/** Keeps the session that the server has just opened, or has just accepted. */
function rememberSession(
  { tracking, agent, client, session }: Exchange,
  answer: UpstreamAnswer,
  sessions: Sessions,
): void {
  const id = answer.headers["mcp-session-id"];
  if (tracking?.request.method === "initialize" && typeof id === "string") {
    sessions.open(id, principalOf(agent), client);
  } else if (session !== undefined && (answer.statusCode ?? 500) < 400) {
    sessions.keep(session);
  }
}

function outlineOf(body: Buffer): Outline | undefined {
  const outline = new ReplyOutline();
  outline.push(body);
  return wholeOf(outline.end());
}

function wholeOf(outline: Outline): Outline | undefined {
  return outline.isWellFormed ? outline : undefined;
}

function outcomeOfBreak(end: PumpEnd): Outcome {
  return end === "gone" ? "cancelled" : "upstream_error";
}

function isJson(answer: UpstreamAnswer): boolean {
  return /^application\/json\b/i.test(answer.headers["content-type"] ?? "");
}
