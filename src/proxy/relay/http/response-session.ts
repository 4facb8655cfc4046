/** The legacy session that a response of the upstream names, opens or accepts. */

import type { OutgoingHttpHeaders } from "node:http";
import { ownerOf } from "../../../enforcement/request.ts";
import { forwardedResponseHeaders } from "../../http/forwarded-headers.ts";
import { copyString, headerValue } from "../../http/header-fields.ts";
import { PLAIN_SESSION_IDS } from "../../sessions/session-ids.ts";
import type { Sessions } from "../../sessions/sessions.ts";
import type { UpstreamResponse } from "../../upstream.ts";
import type { HttpExchange, ResponseContext } from "./http-exchange.ts";

/** The response headers to send to the client, whose session id carries the proof that the client is its owner. */
export function clientHeaders(
  exchange: HttpExchange,
  response: UpstreamResponse,
  { state }: ResponseContext,
  keepsLength = false,
): OutgoingHttpHeaders {
  const headers = forwardedResponseHeaders(response, keepsLength);
  if (headers[SESSION_ID] === undefined || state.sessionIds === PLAIN_SESSION_IDS) return headers;
  const id = headerValue(response.headers, SESSION_ID) ?? "";
  if (mayOwn(exchange, id, state.sessions))
    headers[SESSION_ID] = state.sessionIds.seal(id, ownerOf(exchange.caller.agent));
  else delete headers[SESSION_ID];
  return headers;
}

// Security: a server that names another's session must not make this client its owner.
/** Whether the session that a response names may be the caller's: the new one of its own response, the one that it named, or one without a known owner. */
function mayOwn({ caller, lifecycle }: HttpExchange, id: string, sessions: Sessions): boolean {
  const { agent, serverSessionId } = caller;
  if (lifecycle?.request.method === "initialize") return lifecycle.isEnded;
  return serverSessionId === undefined ? !sessions.isOfAnother(id, ownerOf(agent)) : serverSessionId === id;
}

/** Whether the response must be found to be the caller's own before its head is sent, which proves the caller to be the owner of a session. */
export function provesSession(
  { lifecycle }: HttpExchange,
  { headers }: UpstreamResponse,
  { state: { sessionIds } }: ResponseContext,
): boolean {
  const isNamed = lifecycle?.request.method === "initialize" && headers[SESSION_ID] !== undefined;
  return isNamed && sessionIds !== PLAIN_SESSION_IDS;
}

const SESSION_ID = "mcp-session-id";

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
  const id = headerValue(headers, SESSION_ID);
  if (lifecycle?.request.method !== "initialize" || id === undefined) return;
  sessions.open(copyString(id), ownerOf(agent), client);
}
