/** Carries one HTTP answer of the upstream to its client: streamed, watched, and cut where a tools/list hides something. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Observer } from "../enforcement/observer.ts";
import type { Client, Outcome } from "../enforcement/vocabulary.ts";
import { type Agent, principalOf } from "../enforcement/request.ts";
import type { EndOfAnswer, Tracking } from "../enforcement/tracking.ts";
import { outcomeOf, rpcCodeOf } from "./outcome.ts";
import { bytesIn, endInPieces, joined, type Filter, type Held, hold, pump, type PumpEnd } from "./pump.ts";
import { answerWith, errorAnswer, INTERNAL_ERROR } from "./error-response.ts";
import { type Outline, ReplyOutline } from "./reply.ts";
import type { OpenAnswers } from "./open-answers.ts";
import type { RecalledList } from "./known-list.ts";
import { holdFilter, mustBeRead, outlineOf, passable, recalled, wholeOf } from "./passable.ts";
import type { RefusedServerRequest, ServerRequests } from "./server-requests.ts";
import type { ServerStreams } from "./server-streams.ts";
import { oweAnswer, type Session, type Sessions, takeOwed } from "./session.ts";
import { StreamWatch } from "./stream-watch.ts";
import { ACKNOWLEDGED } from "./subscription.ts";
import type { TaskRequest, Tasks } from "./tasks.ts";
import type { TaskOwners } from "./task-owners.ts";
import { responseHeaders } from "./end-to-end.ts";
import { detached, valueOf } from "./http1/header-lines.ts";
import { drop, isStream, type UpstreamAnswer } from "./upstream.ts";

/** The two ends of one HTTP request, and who is at the far one. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly downstream: ServerResponse;
  readonly agent: Agent;
  readonly client: Client | undefined;
  readonly session: Session | undefined;
  /** Absent on GET, DELETE, notifications and responses. */
  readonly tracking?: Tracking;
  /** Of a tools/list: whether it asks for the list from its start. */
  readonly isFirstPage?: boolean;
  /** Of a request about a task: which one. */
  readonly task: TaskRequest | undefined;
  /** Of a `subscriptions/listen` that asks to hear of tools: its id, as a token. */
  readonly subscription?: string;
}

/** How many streams are open now; counted here, read by whoever shows it. */
export interface OpenStreams {
  open: number;
}

export interface AnswerParts {
  readonly sessions: Sessions;
  readonly tasks: Tasks;
  readonly taskOwners: TaskOwners;
  readonly streams: OpenStreams;
  readonly serverStreams: ServerStreams;
  readonly answers: OpenAnswers;
  readonly observer: Required<Observer>;
  /** The message as this agent may see it: itself, or without hidden tools; undefined when it cannot be read. */
  readonly filterList: (agent: Agent, text: string, isFirstPage: boolean) => string | undefined;
  /** The same for a body whose list was read before; undefined for any other. */
  readonly recallList: (agent: Agent, body: readonly Buffer[]) => RecalledList | undefined;
  readonly serverRequests: ServerRequests;
  /** Answers a request of the server in the agent's stead, and has it recorded. */
  readonly refuseServerRequest: (exchange: Exchange, refused: RefusedServerRequest) => void;
  /** Longest message that is held back to be filtered, in bytes. */
  readonly listBytes: number;
}

/** An answer up to this size is held back until it is seen to be whole, in bytes. */
const HELD_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/** Carries the whole answer and ends the exchange's request; never rejects for what the upstream does. */
export function carryAnswer(
  exchange: Exchange,
  answer: UpstreamAnswer,
  parts: AnswerParts,
): void | Promise<void> {
  const status = answer.statusCode;
  const encoding = valueOf(answer.headers, "content-encoding") ?? "identity";
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

async function carryStream(exchange: Exchange, answer: UpstreamAnswer, parts: AnswerParts): Promise<void> {
  const { downstream, tracking, session, agent, subscription } = exchange;
  downstream.writeHead(answer.statusCode, {
    ...responseHeaders(answer, false),
    "x-accel-buffering": "no",
  });
  if (answer.whole === undefined) downstream.flushHeaders();
  const counter = { bytes: 0 };
  const mustHold = mustBeRead(exchange, parts);
  // What filters a list passes whole events.
  let release = tracking === undefined && mustHold ? parts.serverStreams.hold(downstream, agent) : undefined;
  const onMessage = (outline: Outline): void => {
    noteMessage(exchange, outline, parts, counter.bytes);
    // Nothing of ours comes before the acknowledgement.
    if (subscription !== undefined && outline.method === ACKNOWLEDGED)
      release = parts.serverStreams.hold(downstream, agent, subscription);
  };
  const filter = mustHold ? holdFilter(exchange, parts, onMessage) : watchFilter(onMessage, counter);
  parts.streams.open += 1;
  const onOpen = (leave: () => void): void => {
    if (isEndless(exchange)) parts.answers.isStream(downstream, leave);
  };
  const { end, bytes } = await pump(answer, downstream, {
    pass: (chunk) => filter.pass(chunk),
    flush: () => filter.flush(),
    onOpen,
  });
  release?.();
  parts.streams.open -= 1;
  if (tracking === undefined || tracking.isEnded) return;
  if (end === "complete") oweAnswer(session, tracking, "upstream_error");
  else tracking.ended(outcomeOfBreak(end), { resultBytes: bytes });
}

/** Whether the stream answers no call: it lasts until somebody leaves. */
function isEndless({ tracking }: Exchange): boolean {
  return tracking === undefined || tracking.request.method === "subscriptions/listen";
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

/** Ends the request that a message of a stream answers: this exchange's, or one whose own stream has ended. */
function noteMessage(
  exchange: Exchange,
  outline: Outline,
  { observer, tasks, taskOwners }: AnswerParts,
  bytes: number,
): void {
  const { tracking, session, task } = exchange;
  observer.messagePassed("upstream", outline.method ?? "response");
  const answer = { resultBytes: bytes, httpStatus: 200 };
  if (outline.method !== undefined) return tasks.hear(outline, answer);
  if (outline.id === undefined) return;
  const isOwn = outline.id === tracking?.request.rpcId;
  learnTask(taskOwners, outline, exchange);
  tasks.hear(outline, answer, isOwn ? task : undefined);
  const answered = isOwn ? tracking : takeOwed(session, outline.id);
  if (answered !== undefined) settle(answered, outline, answer, tasks);
}

/** Ends a request with its answer, unless that is a task which goes on. */
function settle(tracking: Tracking, outline: Outline, answer: EndOfAnswer, tasks: Tasks): void {
  if (tasks.begin(tracking, outline, answer)) return;
  tracking.answered();
  tracking.ended(outcomeOf(outline), { ...answer, ...rpcCodeOf(outline) });
}

function carryJson(exchange: Exchange, answer: UpstreamAnswer, parts: AnswerParts): void | Promise<void> {
  const held = hold(answer, mustBeRead(exchange, parts) ? parts.listBytes : HELD_BYTES);
  if (!(held instanceof Promise)) return carryHeld(exchange, answer, held, parts);
  return held.then((ended) => carryHeld(exchange, answer, ended, parts));
}

function carryHeld(
  exchange: Exchange,
  answer: UpstreamAnswer,
  { end, body: came }: Held,
  parts: AnswerParts,
): void | Promise<void> {
  if (end === "broken") return reject(exchange, answer, "closed the connection within its answer");
  if (end === "more") {
    if (mustBeRead(exchange, parts))
      return reject(exchange, answer, "sent an answer that is too large to be read");
    return carryLongJson(exchange, answer, joined(came), parts);
  }
  const known = recalled(exchange, parts, came);
  const body = known === undefined ? joined(came) : NOTHING;
  const outline = known?.outline ?? outlineOf(body);
  if (outline !== undefined) learnTask(parts.taskOwners, outline, exchange);
  if (outline !== undefined) parts.observer.messagePassed("upstream", "response");
  else if (answer.statusCode < 300) return reject(exchange, answer, "answered with what is not JSON-RPC");
  const pieces =
    known?.pieces ?? (outline === undefined ? [body] : passable(exchange, parts, { body, outline }));
  if (pieces === undefined) return reject(exchange, answer, "sent a tool list that cannot be read");
  const resultBytes = bytesIn(pieces);
  // Before the answer leaves, so that who has read it finds it counted and recorded.
  endWith(exchange, outline, { httpStatus: answer.statusCode, resultBytes }, parts);
  const headers = responseHeaders(answer, false);
  headers["content-length"] = resultBytes;
  endInPieces(exchange.downstream.writeHead(answer.statusCode, headers), pieces);
}

async function carryLongJson(
  exchange: Exchange,
  answer: UpstreamAnswer,
  held: Buffer,
  parts: AnswerParts,
): Promise<void> {
  const { downstream, tracking } = exchange;
  const outline = new ReplyOutline();
  outline.push(held);
  downstream.writeHead(answer.statusCode, responseHeaders(answer, true));
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
  if (seen !== undefined) learnTask(parts.taskOwners, seen, exchange);
  if (end === "complete")
    endWith(exchange, seen, { httpStatus: answer.statusCode, resultBytes: bytes }, parts);
  else tracking?.ended(outcomeOfBreak(end), { resultBytes: bytes });
}

async function carryVerbatim(exchange: Exchange, answer: UpstreamAnswer): Promise<void> {
  const { downstream, tracking } = exchange;
  downstream.writeHead(answer.statusCode, responseHeaders(answer, true));
  const { end, bytes } = await pump(answer, downstream, {
    pass: (chunk) => chunk,
    flush: () => Buffer.alloc(0),
  });
  const outcome = end === "complete" ? "upstream_error" : outcomeOfBreak(end);
  tracking?.ended(outcome, { resultBytes: bytes, httpStatus: answer.statusCode });
}

function endWith(
  { tracking, task }: Exchange,
  outline: Outline | undefined,
  answer: EndOfAnswer,
  { tasks }: AnswerParts,
): void {
  if (tracking === undefined) return;
  if (outline === undefined) {
    tracking.answered();
    return tracking.ended("upstream_error", answer);
  }
  tasks.hear(outline, answer, task);
  settle(tracking, outline, answer, tasks);
}

/** Answers in the upstream's stead when what it sent may not pass. */
function reject({ downstream, tracking }: Exchange, answer: UpstreamAnswer, what: string): void {
  drop(answer);
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
  const id = valueOf(answer.headers, "mcp-session-id");
  if (tracking?.request.method === "initialize" && id !== undefined) {
    sessions.open(detached(id), principalOf(agent), client);
  } else if (session !== undefined && answer.statusCode < 400) {
    sessions.keep(session);
  }
}

/** An answer that speaks of a task, or to a request about one, makes it the task of whoever it answers. */
function learnTask(tasks: TaskOwners, outline: Outline, { agent, task }: Exchange): void {
  const { hasTask, hasError, hasResult, taskId } = outline;
  if (hasError || !hasResult) return;
  const known = hasTask && taskId !== undefined ? taskId : task?.taskId;
  if (known !== undefined) tasks.learn(known, principalOf(agent));
}

function outcomeOfBreak(end: PumpEnd): Outcome {
  return end === "gone" || end === "left" ? "cancelled" : "upstream_error";
}

function isJson(answer: UpstreamAnswer): boolean {
  return /^application\/json\b/i.test(valueOf(answer.headers, "content-type") ?? "");
}
