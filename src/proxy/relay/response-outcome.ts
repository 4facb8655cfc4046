/** How a request ends by the response of the upstream: with its outcome, as a task that goes on, or with a 502. */

import { principalOf } from "../../enforcement/request.ts";
import type { EndOfResponse, RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import { type Outcome, outcomeOf, rpcCodeOf } from "../../mcp/vocabulary.ts";
import { sendResponse, errorResponse, INTERNAL_ERROR } from "../../mcp/error-response.ts";
import type { Exchange } from "./exchange.ts";
import type { PumpEnd } from "./pipe.ts";
import type { MessageSummary } from "../../mcp/message-summary.ts";
import type { TaskOwners } from "../sessions/task-owners.ts";
import type { OpenTasks } from "../sessions/open-tasks.ts";
import { discardBody, type UpstreamResponse } from "../upstream.ts";

/** Ends a request with its answer, unless that is a task which goes on. */
export function settle(
  tracking: RequestLifecycle,
  outline: MessageSummary,
  answer: EndOfResponse,
  tasks: OpenTasks,
): void {
  if (tasks.begin(tracking, outline, answer)) return;
  tracking.answered();
  tracking.ended(outcomeOf(outline), { ...answer, ...rpcCodeOf(outline) });
}

/** Answers in the upstream's stead when what it sent may not pass. */
export function reject({ downstream, tracking }: Exchange, answer: UpstreamResponse, what: string): void {
  discardBody(answer);
  if (downstream.destroyed) return tracking?.ended("cancelled");
  const refusal = errorResponse(
    502,
    INTERNAL_ERROR,
    `The MCP server behind Tollgate ${what}`,
    tracking?.request.rpcId,
  );
  const resultBytes = Buffer.byteLength(refusal.body);
  tracking?.ended("upstream_error", { resultBytes, httpStatus: 502, rpcCode: INTERNAL_ERROR });
  sendResponse(downstream, refusal);
}

/** An answer that speaks of a task, or to a request about one, makes it the task of whoever it answers. */
export function learnTask(tasks: TaskOwners, outline: MessageSummary, { agent, task }: Exchange): void {
  const { hasTask, hasError, hasResult, taskId } = outline;
  if (hasError || !hasResult) return;
  const known = hasTask && taskId !== undefined ? taskId : task?.taskId;
  if (known !== undefined) tasks.learn(known, principalOf(agent));
}

export function outcomeOfBreak(end: PumpEnd): Outcome {
  return end === "gone" || end === "left" ? "cancelled" : "upstream_error";
}
