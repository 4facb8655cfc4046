/** Describes a message as the request that observers receive: names and sizes, and its arguments for the audit log. */

import type { Request, RequestedTool } from "../../enforcement/request.ts";
import { type CallMessage, type RequestMessage, traceContextOf } from "../../mcp/message.ts";
import type { Caller } from "./exchange.ts";

export interface Received {
  readonly id: string;
  readonly receivedAtMs: number;
  readonly caller: Caller;
  /** Undefined unless the message is a tools/call. */
  readonly tool: RequestedTool | undefined;
}

// Invariant: always the same members in the same order, undefined when absent, so that reading them stays fast.
export function describeRequest(
  { id, receivedAtMs, caller, tool }: Received,
  message: CallMessage | RequestMessage,
): Request {
  const { agent, address, client, session, transport, headerTrace } = caller;
  const metaTrace = traceContextOf(message.meta);
  return {
    id,
    receivedAtMs,
    agent,
    address,
    method: message.method,
    era: message.era,
    rpcId: message.id,
    transport,
    bytes: Buffer.byteLength(message.text),
    client,
    session: session?.id,
    protocolVersion: message.protocolVersion,
    metaTrace,
    headerTrace,
    tool,
    args: message.kind === "call" ? describeArguments(message) : undefined,
  };
}

function describeArguments({ args, argsText = "" }: CallMessage): NonNullable<Request["args"]> {
  return { bytes: Buffer.byteLength(argsText), keys: [...args.keys()], text: argsText };
}
