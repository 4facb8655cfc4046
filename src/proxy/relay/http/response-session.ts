/** The legacy session that a response of the upstream opens or accepts. */

import { ownerOf } from "../../../enforcement/request.ts";
import { copyString, headerValue } from "../../http/header-fields.ts";
import type { Sessions } from "../../sessions/sessions.ts";
import type { UpstreamResponse } from "../../upstream.ts";
import type { HttpExchange } from "./http-exchange.ts";

/** Keeps the session that the server has just accepted. */
export function keepSession(
  { caller, lifecycle }: HttpExchange,
  { statusCode }: UpstreamResponse,
  sessions: Sessions,
): void {
  const { session } = caller;
  if (lifecycle?.request.method === "initialize" || session === undefined || statusCode >= 400) return;
  sessions.keep(session);
}

/**
 * Opens the session that the response to an `initialize` names, for its agent.
 * Security: to be called when the response was found to be this request's; another's would hand over its session.
 */
export function openSession(
  { caller, lifecycle }: HttpExchange,
  { headers }: UpstreamResponse,
  sessions: Sessions,
): void {
  const { agent, client } = caller;
  const id = headerValue(headers, "mcp-session-id");
  if (lifecycle?.request.method !== "initialize" || id === undefined) return;
  sessions.open(copyString(id), ownerOf(agent), client);
}
