/** The spans of one request: SERVER towards the agent, CLIENT towards the guarded server. */

import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Attributes, Span, SpanContext, Tracer } from "@opentelemetry/api";
import type { Ending, Judgement } from "../../enforcement/observer.ts";
import type { Request } from "../../enforcement/request.ts";
import type { Transport } from "../../mcp/vocabulary.ts";
import { effectOf } from "../../policy/decision.ts";
import { copyString } from "../metrics/labels.ts";
import * as names from "./semantic-conventions.ts";
import { isKnownMethod } from "../../mcp/methods.ts";
import { errorTypeOf, networkTransportOf } from "../metrics/label-values.ts";

/** Longest text in an attribute that an agent chooses. */
const MAX_TEXT = 256;

export interface Parentage {
  readonly parent: SpanContext | undefined;
  /** The HTTP header's context where `_meta` has the parent. */
  readonly link: SpanContext | undefined;
}

export function startServerSpan(tracer: Tracer, request: Request, { parent, link }: Parentage): Span {
  return tracer.startSpan(
    spanName(request),
    {
      kind: SpanKind.SERVER,
      startTime: request.receivedAtMs,
      attributes: {
        ...commonAttributes(request, request.transport),
        [names.TOLLGATE_AGENT]: copyString(request.agent.name, MAX_TEXT),
        [names.TOLLGATE_AGENT_SOURCE]: request.agent.source,
        [names.TOLLGATE_AGENT_VERIFIED]: request.agent.verified,
        [names.TOLLGATE_DECISION_ID]: request.id,
        ...(request.tool && { [names.TOLLGATE_TOOL_CATEGORY]: request.tool.category.category }),
      },
      links: link === undefined ? [] : [{ context: link }],
    },
    parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent),
  );
}

export function startClientSpan(
  tracer: Tracer,
  server: Span,
  request: Request,
  at: { readonly startMs: number; readonly transport: Transport },
): Span {
  return tracer.startSpan(
    spanName(request),
    {
      kind: SpanKind.CLIENT,
      startTime: at.startMs,
      attributes: commonAttributes(request, at.transport),
    },
    trace.setSpan(ROOT_CONTEXT, server),
  );
}

export function setDecisionAttributes(span: Span, { decision, policyDigest }: Judgement): void {
  const { denial } = decision;
  span.setAttributes({
    [names.TOLLGATE_EFFECT]: effectOf(decision),
    [names.TOLLGATE_POLICY_DIGEST]: policyDigest,
    ...(denial && { [names.TOLLGATE_REASON]: denial.reason, [names.TOLLGATE_RULE]: denial.rule }),
  });
}

/** A denial and a cancellation have an `error.type`, and are no errors. */
export function setOutcomeAttributes(span: Span, { outcome, rpcCode }: Ending): void {
  const errorType = errorTypeOf(outcome);
  if (errorType === undefined) return;
  span.setAttribute(names.ERROR_TYPE, errorType);
  if (rpcCode !== undefined) span.setAttribute(names.RPC_RESPONSE_STATUS_CODE, String(rpcCode));
  if (outcome !== "denied" && outcome !== "cancelled") span.setStatus({ code: SpanStatusCode.ERROR });
}

/** `{method} {tool}`; names that only the agent knows stay out of it, since span names must be few. */
function spanName({ method, tool }: Request): string {
  if (!isKnownMethod(method)) return "unknown method";
  return tool?.isKnown ? `${method} ${tool.name}` : method;
}

function commonAttributes(request: Request, transport: Transport): Attributes {
  const { method, tool, protocolVersion, session } = request;
  return {
    [names.MCP_METHOD_NAME]: copyString(method, MAX_TEXT),
    [names.JSONRPC_REQUEST_ID]: idOf(request.rpcId),
    [names.NETWORK_TRANSPORT]: networkTransportOf(transport),
    ...(tool && {
      [names.GEN_AI_TOOL_NAME]: copyString(tool.name, MAX_TEXT),
      [names.GEN_AI_OPERATION_NAME]: names.EXECUTE_TOOL,
    }),
    ...(protocolVersion !== undefined && {
      [names.MCP_PROTOCOL_VERSION]: copyString(protocolVersion, MAX_TEXT),
    }),
    ...(session !== undefined && { [names.MCP_SESSION_ID]: copyString(session, MAX_TEXT) }),
  };
}

/** The id's token without its quotes: the conventions want `7` and `a`. */
function idOf(token: string): string {
  return token.startsWith('"') ? String(JSON.parse(token)) : token;
}
