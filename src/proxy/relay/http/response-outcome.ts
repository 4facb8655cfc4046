/** How a request ends by the response of the upstream: with its outcome, as a task that goes on, or with a 502. */

import { ownerOf } from "../../../enforcement/request.ts";
import type { EndOfResponse, RequestLifecycle } from "../../../enforcement/request-lifecycle.ts";
import { INTERNAL_ERROR, sendResponse } from "../../../mcp/error-response.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";
import { type Outcome, outcomeOf, rpcCodeOf } from "../../../mcp/vocabulary.ts";
import type { OpenTasks } from "../../sessions/open-tasks.ts";
import type { TaskOwners } from "../../sessions/task-owners.ts";
import { discardBody, type UpstreamResponse } from "../../upstream.ts";
import type { HttpExchange } from "./http-exchange.ts";
import type { PumpEnd } from "./pipe.ts";
import { serverFailureResponse } from "../upstream-errors.ts";

/** Ends a request with its response, unless that is a task which goes on. */
export function settle(
  lifecycle: RequestLifecycle,
  summary: MessageSummary,
  response: EndOfResponse,
  tasks: OpenTasks,
): void {
  if (tasks.begin(lifecycle, summary, response)) return;
  lifecycle.answered();
  lifecycle.ended(outcomeOf(summary), { ...response, ...rpcCodeOf(summary), amounts: summary.amounts });
}

/** Answers with a 502 in place of a response of the upstream that may not pass; `failure` is what the server did, as a predicate: "closed the connection". */
export function reject(
  { caller: { downstream }, lifecycle }: HttpExchange,
  response: UpstreamResponse,
  failure: string,
): void {
  discardBody(response);
  if (downstream.destroyed) return lifecycle?.ended("cancelled");
  const rejection = serverFailureResponse(failure, lifecycle?.request.rpcId);
  lifecycle?.endedLocally("upstream_error", rejection, INTERNAL_ERROR);
  sendResponse(downstream, rejection);
}

/** Makes the task that a response names, or that its request is about, a task of this agent. */
export function learnTask(owners: TaskOwners, summary: MessageSummary, exchange: HttpExchange): void {
  const { hasTask, hasError, hasResult, taskId } = summary;
  if (hasError || !hasResult) return;
  const asked = exchange.kind === "task_request" ? exchange.task.taskId : undefined;
  const known = hasTask && taskId !== undefined ? taskId : asked;
  if (known !== undefined) owners.learn(known, ownerOf(exchange.caller.agent));
}

export function outcomeOfBreak(end: PumpEnd): Outcome {
  return end === "gone" || end === "ended" ? "cancelled" : "upstream_error";
}
