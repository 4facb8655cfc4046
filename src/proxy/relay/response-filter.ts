/** What of an upstream's answer may reach this agent: not what is hidden from it, nor what the server may not ask. */

import type { Exchange, ResponseContext } from "./exchange.ts";
import type { Filter } from "./pipe.ts";
import { MessageSkimmer } from "../../mcp/message-skimmer.ts";
import type { MessageSummary } from "../../mcp/message-summary.ts";
import { refusalForAgent } from "./server-request-rules.ts";
import { SseFilter } from "./sse-filter.ts";

/** Whether each message of this answer must be read whole before it passes. */
export function needsInspection(exchange: Exchange, { serverRequests }: ResponseContext): boolean {
  // Where we have a word to say between two events, these pass whole.
  return serverRequests.isGuarded || mayList(exchange) || exchange.subscription !== undefined;
}

/** Whether a tools/list can arrive on this answer, so that each of its messages must be read whole. */
function mayList({ tracking, incoming }: Exchange): boolean {
  return tracking === undefined ? incoming.method === "GET" : tracking.request.method === "tools/list";
}

/** Passes each event of a stream when it was read, as this agent may have it. */
export function bufferingFilter(
  exchange: Exchange,
  parts: ResponseContext,
  onMessage: (outline: MessageSummary) => void,
): Filter {
  const isList = mayList(exchange);
  const isFirstPage = exchange.isFirstPage === true;
  const rewrite = (data: string, outline: MessageSummary): string | undefined => {
    const refused = refusedRequest(exchange, parts, outline);
    if (refused !== undefined) return refused;
    return isList && outline.hasTools ? parts.filterList(exchange.agent, data, isFirstPage) : data;
  };
  return new SseFilter({ maxBytes: parts.listBytes, rewrite, onMessage });
}

/** What goes on in place of a message by which the server asks for what it may not; undefined for any other message. */
function refusedRequest(
  exchange: Exchange,
  parts: ResponseContext,
  outline: MessageSummary,
): string | undefined {
  const method = parts.serverRequests.deniedIn(outline);
  if (method === undefined) return undefined;
  if (outline.method !== undefined) {
    parts.refuseServerRequest(exchange, { method, ...(outline.id !== undefined && { id: outline.id }) });
    return "";
  }
  parts.refuseServerRequest(exchange, { method });
  return refusalForAgent(outline.id ?? "null", { method });
}

/** A whole body as this agent may have it; undefined when it may be a list and cannot be read. */
export function filterResponse(
  exchange: Exchange,
  parts: ResponseContext,
  { body, outline }: { readonly body: Buffer; readonly outline: MessageSummary },
): readonly Buffer[] | undefined {
  const refused = refusedRequest(exchange, parts, outline);
  if (refused !== undefined) return [Buffer.from(refused)];
  if (!mayList(exchange)) return [body];
  const filtered = parts.filterList(exchange.agent, body.toString("utf8"), exchange.isFirstPage === true);
  return filtered === undefined ? undefined : [Buffer.from(filtered)];
}

/** A body whose list was read before: what it is, and what this agent may have of it; undefined for any other. */
export function recalled(
  exchange: Exchange,
  parts: ResponseContext,
  body: readonly Buffer[],
): { readonly outline: MessageSummary; readonly pieces: readonly Buffer[] } | undefined {
  const list = mayList(exchange) ? parts.recallList(exchange.agent, body) : undefined;
  // Invariant: no outline looks at what stands in the list itself.
  const outline = list && outlineOf(Buffer.from(list.emptied));
  if (list === undefined || outline === undefined) return undefined;
  if (parts.serverRequests.deniedIn(outline) !== undefined) return undefined;
  return { outline, pieces: list.chunks };
}

/** Undefined for what cannot be made out. */
export function outlineOf(body: Buffer): MessageSummary | undefined {
  const outline = new MessageSkimmer();
  outline.push(body);
  return wholeOf(outline.end());
}

/** The outline, unless it is of what cannot be made out. */
export function wholeOf(outline: MessageSummary): MessageSummary | undefined {
  return outline.isWellFormed ? outline : undefined;
}
