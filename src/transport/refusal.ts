/** What the agent is told when a message does not pass: one shape for each case of the wire contract. */

import type { ServerResponse } from "node:http";
import type { Denial } from "../policy/decision.ts";

export interface Answer {
  readonly status: number;
  /** A JSON-RPC message. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const INVALID_REQUEST = -32_600;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;
export const HEADER_MISMATCH = -32_020;

const DENIED = 403;
const LIMITED = 429;

/** An error answer; `id` is the request's id as its token, absent when it could not be read. */
export function errorAnswer(status: number, code: number, message: string, id = "null"): Answer {
  return { status, body: errorBody(code, message, id) };
}

export interface DeniedCall {
  readonly id: string;
  readonly tool: string;
  readonly era: "legacy" | "modern";
  /** The call asked for a task, so its caller expects no tool result. */
  readonly isTask: boolean;
  readonly decisionId: string;
  readonly approvalId?: string;
}

// A denial is a 200: clients take a 4xx for a lost session or for a request to log in.
/** The answer to a denied tools/call. */
export function denialAnswer(call: DeniedCall, denial: Denial): Answer {
  if (denial.reason === "hidden" || denial.reason === "default_deny") {
    return errorAnswer(200, INVALID_PARAMS, `Unknown tool: ${call.tool}`, call.id);
  }
  const text = denialText(denial, call.approvalId);
  const decision = decisionData(call, denial);
  if (call.isTask) {
    const code = denial.retryAfterMs === undefined ? DENIED : LIMITED;
    return { status: 200, body: errorBody(code, text, call.id, { "dev.tollgate/decision": decision }) };
  }
  const result = {
    content: [{ type: "text", text }],
    isError: true,
    ...(call.era === "modern" ? { resultType: "complete" } : {}),
    _meta: { "dev.tollgate/decision": decision },
  };
  return { status: 200, body: `{"jsonrpc":"2.0","id":${call.id},"result":${JSON.stringify(result)}}` };
}

/** The answer to another denied method. */
export function methodDenialAnswer(request: Pick<DeniedCall, "id" | "decisionId">, denial: Denial): Answer {
  const code = denial.retryAfterMs === undefined ? DENIED : LIMITED;
  const data = { "dev.tollgate/decision": decisionData(request, denial) };
  return { status: 200, body: errorBody(code, denialText(denial), request.id, data) };
}

/** Sends the answer; a connection that already carries another one is broken instead. */
export function answerWith(downstream: ServerResponse, { status, body, headers }: Answer): void {
  if (downstream.headersSent || downstream.destroyed) return void downstream.destroy();
  const bytes = Buffer.from(body);
  downstream.writeHead(status, {
    "content-type": "application/json",
    "content-length": bytes.byteLength,
    ...headers,
  });
  downstream.end(bytes);
}

function denialText(denial: Denial, approvalId?: string): string {
  const words = denial.message ?? explain(denial);
  const approval = approvalId === undefined ? "" : ` Approval: ${approvalId}.`;
  return `[POLICY DENIED] ${asSentence(words)} Rule: ${denial.rule}.${approval} ${advice(denial)}`;
}

function explain(denial: Denial): string {
  switch (denial.reason) {
    case "condition":
      return `the arguments are not allowed (${denial.condition ?? denial.rule})`;
    case "condition_unevaluable":
      return `the arguments could not be checked (${denial.condition ?? denial.rule})`;
    case "rate_limited":
      return `the limit of ${denial.limit?.max ?? "this tool's"} calls is used up`;
    case "budget_exceeded":
      return `the budget of ${denial.limit?.max ?? "this tool"} is used up`;
    case "approval_required":
      return "this call needs a person's approval";
    case "approval_rejected":
      return "a person rejected this call";
    case "tool_changed":
      return "the tool's definition has changed since it was reviewed";
    case "unauthenticated":
      return "the caller has shown no proof of who it is";
    case "no_policy":
      return "no policy covers this agent";
    case "frozen":
      return "an operator has stopped these calls";
    case "limiter_unavailable":
      return "the limits of this call cannot be checked now";
    case "denied_by_rule":
    case "default_deny":
    case "hidden":
    case "invalid_message":
      return "this call is not allowed";
  }
}

function advice(denial: Denial): string {
  if (denial.retryAfterMs !== undefined) {
    return `The same call may pass later: try again in ${seconds(denial.retryAfterMs)} s`;
  }
  switch (denial.reason) {
    case "condition":
    case "condition_unevaluable":
      return "Change the arguments, or ask the operator; the same call will be denied again.";
    case "frozen":
    case "limiter_unavailable":
      return "Try again later, or ask the operator.";
    case "approval_required":
      return "Ask the operator to approve it, then make the same call again.";
    case "denied_by_rule":
    case "default_deny":
    case "hidden":
    case "rate_limited":
    case "budget_exceeded":
    case "approval_rejected":
    case "tool_changed":
    case "unauthenticated":
    case "no_policy":
    case "invalid_message":
      return "Do not retry; use another tool, or ask the operator.";
  }
}

function asSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function decisionData(
  call: Pick<DeniedCall, "decisionId" | "approvalId">,
  denial: Denial,
): Record<string, unknown> {
  const isRetryable = denial.retryAfterMs !== undefined || denial.reason === "approval_required";
  return {
    id: call.decisionId,
    effect: denial.effect,
    reason: denial.reason,
    rule: denial.rule,
    retryable: isRetryable,
    ...(denial.retryAfterMs === undefined ? {} : { retry_after_seconds: seconds(denial.retryAfterMs) }),
    ...(call.approvalId === undefined ? {} : { approval_id: call.approvalId }),
  };
}

/** Rounded up, so that who waits so long is not too early. */
function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}

function errorBody(code: number, message: string, id: string, data?: Record<string, unknown>): string {
  const error = data === undefined ? { code, message } : { code, message, data };
  return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`;
}
