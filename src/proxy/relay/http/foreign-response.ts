/** Responses that belong to another request than the one they arrived for; none of them is forwarded. */

import { errorBody, INTERNAL_ERROR } from "../../../mcp/error-response.ts";
import { isSameId } from "../../../mcp/message.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";
import { discardBody, type UpstreamResponse } from "../../upstream.ts";
import { messageOfFailure } from "../upstream-errors.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { reject } from "./response-outcome.ts";

/** The failure of a server whose response belongs to another request. */
export const FOREIGN = "sent the response to another request";

/**
 * Whether a body of JSON is a response to another request than the one that was sent on this exchange.
 * An error without an id answers any request, as a server does that could not read the id. Beyond 2xx only JSON-RPC has ids.
 */
export function isForeignBody(summary: MessageSummary, exchange: HttpExchange, statusCode: number): boolean {
  return (summary.isJsonRpc || statusCode < 300) && isForeign(summary, exchange);
}

/** The same of a message of an event stream, which may also carry a response that the session's own stream left out. */
export function isForeignEvent(summary: MessageSummary, exchange: HttpExchange): boolean {
  // The stream of a GET replays what other streams of the session left out.
  if (exchange.kind === "server_stream" || !isForeign(summary, exchange)) return false;
  return summary.id === undefined || exchange.caller.session?.deferredResponses.has(summary.id) !== true;
}

/** Whether a message that is no response is meant as the response to the request of this exchange, which still waits. */
export function isUnreadableAnswer(summary: MessageSummary, exchange: HttpExchange): boolean {
  const { isWellFormed, isJsonRpc, id, method, hasResult, hasError } = summary;
  const { lifecycle } = exchange;
  const isWhole = isWellFormed && (hasResult || hasError);
  if (isWhole || method !== undefined || lifecycle === undefined || lifecycle.isEnded) return false;
  return id === undefined ? isJsonRpc && (hasResult || hasError) : isOwnResponse(summary, exchange);
}

/** The id of the request as a token, where its response has another form of it; undefined where it needs no change. */
export function missingForm(summary: MessageSummary, exchange: HttpExchange): string | undefined {
  const rpcId = exchange.lifecycle?.request.rpcId;
  return summary.id !== rpcId && isOwnResponse(summary, exchange) ? rpcId : undefined;
}

/** Whether a message is the response to the request that was sent on this exchange. */
export function isOwnResponse({ id, method }: MessageSummary, { lifecycle }: HttpExchange): boolean {
  if (id === undefined || method !== undefined || lifecycle === undefined) return false;
  return isSameId(id, lifecycle.request.rpcId);
}

function isForeign(summary: MessageSummary, exchange: HttpExchange): boolean {
  const { id, method, hasResult, hasError } = summary;
  if (method !== undefined) return false;
  if (id === undefined) return hasResult && !hasError;
  return (hasResult || hasError) && !isOwnResponse(summary, exchange);
}

/** Answers with a 502 in place of the response, and closes the connection that it arrived on. */
export function rejectForeign(exchange: HttpExchange, response: UpstreamResponse): void {
  closeConnection(response);
  reject(exchange, response, FOREIGN);
}

/** Security: the server counts responses differently on this connection, so that the next one would be foreign, too. */
export function closeConnection(response: UpstreamResponse): void {
  response.connection?.close();
  discardBody(response);
}

/** The event that ends a stream in place of a response that may not pass; empty when the request was answered before. */
export function failureEvent({ lifecycle }: HttpExchange, failure: string): string {
  if (lifecycle === undefined || lifecycle.isEnded) return "";
  const error = errorBody(INTERNAL_ERROR, messageOfFailure(failure), lifecycle.request.rpcId);
  // The empty lines end what was forwarded of the event that is refused.
  return `\n\nevent: message\ndata: ${error}\n\n`;
}
