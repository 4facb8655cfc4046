/** The response to a request that the policy denies: one shape for each case of the wire contract. */

import type { Agent } from "../../enforcement/request.ts";
import type { Denial } from "../../policy/decision.ts";
import { asksForTask, type CallMessage } from "../../mcp/message.ts";
import { type LocalResponse, errorResponse, errorBody, INVALID_PARAMS } from "../../mcp/error-response.ts";

const DENIED = 403;
const LIMITED = 429;

/** The denial of a call, and the id of the approval that it waits for or was refused. */
export interface DeniedCall {
  readonly denial: Denial;
  readonly approval?: string;
  readonly agent: Agent;
}

// The status is 200: clients take a 4xx for a lost session or for a request to log in.
/** The response to a denied tools/call; `decisionId` names the decision in the audit log. */
export function callDenialResponse(
  call: CallMessage,
  decisionId: string,
  { denial, approval, agent }: DeniedCall,
): LocalResponse {
  const { id, name, era } = call;
  if (UNKNOWN_TOOL.has(denial.reason)) {
    return errorResponse(200, INVALID_PARAMS, `Unknown tool: ${name}`, id);
  }
  const text = denialText(denial, agent, approval);
  const meta = { "dev.tollgate/decision": decisionData(decisionId, { denial, approval, agent }) };
  // A call that asks for a task expects no tool result.
  if (asksForTask(call)) return { status: 200, body: errorBody(errorCode(denial), text, id, meta) };
  const result = {
    content: [{ type: "text", text }],
    isError: true,
    ...(era === "modern" ? { resultType: "complete" } : {}),
    _meta: meta,
  };
  return { status: 200, body: `{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}` };
}

/** Security: the response is that for a tool that does not exist, so that it does not say which tools are hidden. */
const UNKNOWN_TOOL: ReadonlySet<Denial["reason"]> = new Set(["hidden", "look_alike", "default_deny"]);

/** The response to a denied request of another method; `id` is the request's, as a token. */
export function methodDenialResponse(
  id: string,
  decisionId: string,
  { denial, agent }: Pick<DeniedCall, "denial" | "agent">,
): LocalResponse {
  const data = { "dev.tollgate/decision": decisionData(decisionId, { denial, agent }) };
  return { status: 200, body: errorBody(errorCode(denial), denialText(denial, agent), id, data) };
}

function errorCode({ retryAfterMs }: Denial): number {
  return retryAfterMs === undefined ? DENIED : LIMITED;
}

function denialText(denial: Denial, { name, user }: Agent, approvalId?: string): string {
  const words = denial.message ?? explain(denial);
  const approval = approvalId === undefined ? "" : ` Approval: ${approvalId}.`;
  const caller = user === undefined ? "" : ` Caller: ${name} for ${user}.`;
  return `[POLICY DENIED] ${asSentence(words)} Rule: ${denial.rule}.${caller}${approval} ${advice(denial)}`;
}

function explain(denial: Denial): string {
  switch (denial.reason) {
    case "condition":
      return `the arguments are not allowed (${denial.condition ?? denial.rule})`;
    case "condition_unevaluable":
      return `the arguments could not be checked (${denial.condition ?? denial.rule})`;
    case "arguments_invalid":
      return `the arguments do not fit the tool's input schema: ${denial.condition ?? denial.rule}`;
    case "rate_limited":
      return `the limit of ${denial.limit?.max ?? "this tool's"} calls is used up`;
    case "budget_exceeded":
      return `the budget of ${denial.limit?.max ?? "this tool"} is used up`;
    case "concurrency_exceeded":
      return `${denial.limit?.used ?? "too many"} calls are in flight, of ${denial.limit?.max ?? "those"} that may be: this one may pass when one of them ends`;
    case "repeated_call":
      return `the same call with the same arguments was made ${denial.limit?.used ?? "too many"} times`;
    case "cooldown":
      return "this tool has failed too often, and takes no calls for a while";
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
    case "look_alike":
    case "invalid_message":
      return "this call is not allowed";
  }
}

function advice(denial: Denial): string {
  if (denial.retryAfterMs !== undefined) {
    return `The same call may pass later: try again in ${seconds(denial.retryAfterMs)} s`;
  }
  switch (denial.reason) {
    case "arguments_invalid":
      return "Correct this, and make the call again; the same call will be denied again.";
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
    case "look_alike":
    case "rate_limited":
    case "budget_exceeded":
    case "concurrency_exceeded":
    case "repeated_call":
    case "cooldown":
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
  id: string,
  { denial, approval, agent }: Omit<DeniedCall, "approval"> & { readonly approval?: string | undefined },
): Record<string, unknown> {
  const { effect, reason, rule, retryAfterMs } = denial;
  return {
    id,
    effect,
    reason,
    rule,
    ...(reason === "arguments_invalid" && { expected: denial.condition }),
    retryable: retryAfterMs !== undefined || reason === "approval_required",
    ...(retryAfterMs === undefined ? {} : { retry_after_seconds: seconds(retryAfterMs) }),
    ...(approval === undefined ? {} : { approval_id: approval }),
    ...(agent.user === undefined ? {} : { agent: agent.name, user: agent.user }),
  };
}

/** Rounded up, so that a client that waits this long is not too early. */
function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
