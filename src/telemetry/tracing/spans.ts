/** The spans of one request: SERVER for the agent's side, CLIENT for the upstream's. */

import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Attributes, Span, SpanContext, Tracer } from "@opentelemetry/api";
import type { Ending, DecisionRecord } from "../../enforcement/observer.ts";
import type { Request } from "../../enforcement/request.ts";
import type { Transport } from "../../mcp/vocabulary.ts";
import { effectOf } from "../../policy/decision.ts";
import { copyString } from "../metrics/labels.ts";
import * as names from "./semantic-conventions.ts";
import { isKnownMethod } from "../../mcp/methods.ts";
import { errorTypeOf, networkTransportOf } from "../metrics/label-values.ts";

/** Longest text of an attribute whose value the agent chooses, in characters. */
const MAX_TEXT = 256;

export interface SpanParents {
  readonly parent: SpanContext | undefined;
  /** The context of the HTTP header, when `_meta` names the parent. */
  readonly link: SpanContext | undefined;
}

export function startServerSpan(tracer: Tracer, request: Request, { parent, link }: SpanParents): Span {
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
        ...(request.agent.user !== undefined && { [names.TOLLGATE_USER]: request.agent.user }),
        ...(request.address !== undefined && { [names.CLIENT_ADDRESS]: request.address }),
        [names.TOLLGATE_DECISION_ID]: request.id,
        ...(request.tool && { [names.TOLLGATE_TOOL_CATEGORY]: request.tool.category.category }),
      },
      links: link === undefined ? [] : [{ context: link }],
    },
    parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent),
  );
}

/** The server behind Tollgate, as CLIENT spans name it. */
export interface SpanUpstream {
  readonly transport: Transport;
  /** `server.address` and `server.port`; empty for a server over stdio. */
  readonly attributes: Attributes;
}

/** `url` is absent for a server over stdio. */
export function spanUpstream(transport: Transport, url: URL | undefined): SpanUpstream {
  if (url === undefined) return { transport, attributes: {} };
  const port = url.port === "" ? DEFAULT_PORTS[url.protocol] : Number(url.port);
  // A URL writes an IPv6 address in brackets, and the conventions without.
  const address = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return {
    transport,
    attributes: {
      [names.SERVER_ADDRESS]: address,
      ...(port !== undefined && { [names.SERVER_PORT]: port }),
    },
  };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

export function startClientSpan(
  tracer: Tracer,
  server: Span,
  request: Request,
  { startMs, upstream }: { readonly startMs: number; readonly upstream: SpanUpstream },
): Span {
  return tracer.startSpan(
    spanName(request),
    {
      kind: SpanKind.CLIENT,
      startTime: startMs,
      attributes: { ...commonAttributes(request, upstream.transport), ...upstream.attributes },
    },
    trace.setSpan(ROOT_CONTEXT, server),
  );
}

/** Sets the attributes of the decision. */
export function setDecisionAttributes(span: Span, { decision, policyDigest }: DecisionRecord): void {
  const { denial, arguments: checked } = decision;
  span.setAttributes({
    [names.TOLLGATE_EFFECT]: effectOf(decision),
    [names.TOLLGATE_POLICY_DIGEST]: policyDigest,
    ...(denial && { [names.TOLLGATE_REASON]: denial.reason, [names.TOLLGATE_RULE]: denial.rule }),
    ...(checked && {
      [names.TOLLGATE_ARGUMENTS_CHECK]: checked.check,
      [names.TOLLGATE_ARGUMENTS_CAUSE]: checked.cause,
    }),
    ...(checked?.path !== undefined && {
      [names.TOLLGATE_ARGUMENTS_PATH]: copyString(checked.path, MAX_TEXT),
    }),
  });
}

/** Sets `error.type`; a denial and a cancellation have one, but not the status ERROR. */
export function setOutcomeAttributes(span: Span, { outcome, rpcCode }: Ending): void {
  const errorType = errorTypeOf(outcome);
  if (errorType === undefined) return;
  span.setAttribute(names.ERROR_TYPE, errorType);
  if (rpcCode !== undefined) span.setAttribute(names.RPC_RESPONSE_STATUS_CODE, String(rpcCode));
  if (outcome !== "denied" && outcome !== "cancelled") span.setStatus({ code: SpanStatusCode.ERROR });
}

/** `{method} {tool}`, without a tool or method that only the agent knows, since span names must be few. */
function spanName({ method, tool }: Request): string {
  if (!isKnownMethod(method)) return "unknown method";
  return tool?.isKnown ? `${method} ${tool.name}` : method;
}

function commonAttributes(request: Request, transport: Transport): Attributes {
  const { method, tool, protocolVersion, session } = request;
  return {
    [names.MCP_METHOD_NAME]: copyString(method, MAX_TEXT),
    [names.JSONRPC_REQUEST_ID]: idText(request.rpcId),
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

/** The JSON-RPC id as the conventions write it: a string id without its quotes. */
function idText(token: string): string {
  return token.startsWith('"') ? String(JSON.parse(token)) : token;
}
