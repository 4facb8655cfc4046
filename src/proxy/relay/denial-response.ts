/** The response to a request that the policy denies: one shape for each case of the wire contract. */

import type { Denial } from "../../policy/decision.ts";
import { type LocalResponse, errorResponse, errorBody, INVALID_PARAMS } from "../../mcp/error-response.ts";

const DENIED = 403;
const LIMITED = 429;

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
export function denialResponse(call: DeniedCall, denial: Denial): LocalResponse {
  if (denial.reason === "hidden" || denial.reason === "default_deny") {
    return errorResponse(200, INVALID_PARAMS, `Unknown tool: ${call.tool}`, call.id);
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
export function methodDenialResponse(
  request: Pick<DeniedCall, "id" | "decisionId">,
  denial: Denial,
): LocalResponse {
  const code = denial.retryAfterMs === undefined ? DENIED : LIMITED;
  const data = { "dev.tollgate/decision": decisionData(request, denial) };
  return { status: 200, body: errorBody(code, denialText(denial), request.id, data) };
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
