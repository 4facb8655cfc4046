/** A downstream message as the request that telemetry hears of: names and sizes, never a value. */

import type { IncomingMessage } from "node:http";
import type { Agent, Request, RequestedTool } from "../../enforcement/request.ts";
import type { Client, TraceContext } from "../../mcp/vocabulary.ts";
import type { Policy } from "../../policy/policy.ts";
import { type CallMessage, type RequestMessage, traceContextOf } from "../../mcp/message.ts";
import type { Session } from "../sessions/sessions.ts";
import type { ToolCatalog } from "../tools/tool-catalog.ts";

export interface Received {
  readonly id: string;
  readonly receivedAtMs: number;
  /** Absent when the message came by stdio. */
  readonly incoming?: IncomingMessage;
  readonly agent: Agent;
  readonly client?: Client | undefined;
  readonly session?: Session | undefined;
}

interface Names {
  readonly tools: ToolCatalog;
  readonly policy: Policy | undefined;
}

// Invariant: always the same members in the same order, undefined where there is nothing: what reads them stays fast.
export function describeRequest(
  received: Received,
  message: CallMessage | RequestMessage,
  names: Names,
): Request {
  const { id, receivedAtMs, incoming, agent, client, session } = received;
  const metaTrace = traceContextOf(message.meta);
  const headerTrace = incoming && traceContextOfHeaders(incoming);
  return {
    id,
    receivedAtMs,
    agent,
    method: message.method,
    era: message.era,
    rpcId: message.id,
    transport: incoming === undefined ? "stdio" : "http",
    bytes: Buffer.byteLength(message.text),
    client,
    session: session?.id,
    protocolVersion: message.protocolVersion,
    metaTrace,
    headerTrace,
    tool: message.kind === "call" ? toolOf(message, names) : undefined,
    args: message.kind === "call" ? argumentsOf(message) : undefined,
  };
}

function toolOf({ name }: CallMessage, { tools, policy }: Names): RequestedTool {
  return { name, category: tools.categoryOf(name, policy), isKnown: tools.isKnown(name) };
}

function argumentsOf({ args, argsText = "" }: CallMessage): NonNullable<Request["args"]> {
  return { bytes: Buffer.byteLength(argsText), keys: [...args.keys()], text: argsText };
}

function traceContextOfHeaders({ headers }: IncomingMessage): TraceContext | undefined {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== "string") return undefined;
  return typeof tracestate === "string" ? { traceparent, tracestate } : { traceparent };
}
