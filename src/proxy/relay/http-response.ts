/** Carries one HTTP response of the upstream to its client: streamed, watched, and cut where a tools/list hides something. */

import { principalOf } from "../../enforcement/request.ts";
import { forwardedResponseHeaders } from "../http/forwarded-headers.ts";
import type { Exchange, ResponseContext } from "./exchange.ts";
import { copyString, headerValue } from "../http/header-fields.ts";
import { forwardJson } from "./json-response.ts";
import { pump } from "./pipe.ts";
import { outcomeOfBreak, reject } from "./response-outcome.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { forwardEventStream } from "./sse-response.ts";
import { isEventStream, type UpstreamResponse } from "../upstream.ts";

/** Carries the whole answer and ends the exchange's request; never rejects for what the upstream does. */
export function forwardResponse(
  exchange: Exchange,
  answer: UpstreamResponse,
  parts: ResponseContext,
): void | Promise<void> {
  const status = answer.statusCode;
  const encoding = headerValue(answer.headers, "content-encoding") ?? "identity";
  // A redirect that reached the client would lead it past us.
  if (status >= 300 && status < 400) return reject(exchange, answer, "answered with a redirect");
  const mustRead = status < 300 && status !== 202 && status !== 204 && exchange.incoming.method !== "DELETE";
  if (mustRead && encoding !== "identity")
    return reject(exchange, answer, "answered in an encoding that was not asked for");
  rememberSession(exchange, answer, parts.sessions);
  if (status < 300 && isEventStream(answer)) return forwardEventStream(exchange, answer, parts);
  if (isJson(answer) && exchange.tracking !== undefined) return forwardJson(exchange, answer, parts);
  if (mustRead && (exchange.tracking !== undefined || exchange.incoming.method === "GET")) {
    return reject(exchange, answer, "answered with neither JSON nor a stream");
  }
  return forwardRaw(exchange, answer);
}

async function forwardRaw(exchange: Exchange, answer: UpstreamResponse): Promise<void> {
  const { downstream, tracking } = exchange;
  downstream.writeHead(answer.statusCode, forwardedResponseHeaders(answer, true));
  const { end, bytes } = await pump(answer, downstream, {
    pass: (chunk) => chunk,
    flush: () => Buffer.alloc(0),
  });
  const outcome = end === "complete" ? "upstream_error" : outcomeOfBreak(end);
  tracking?.ended(outcome, { resultBytes: bytes, httpStatus: answer.statusCode });
}

/** Keeps the session that the server has just opened, or has just accepted. */
function rememberSession(
  { tracking, agent, client, session }: Exchange,
  answer: UpstreamResponse,
  sessions: Sessions,
): void {
  const id = headerValue(answer.headers, "mcp-session-id");
  if (tracking?.request.method === "initialize" && id !== undefined) {
    sessions.open(copyString(id), principalOf(agent), client);
  } else if (session !== undefined && answer.statusCode < 400) {
    sessions.keep(session);
  }
}

function isJson(answer: UpstreamResponse): boolean {
  return /^application\/json\b/i.test(headerValue(answer.headers, "content-type") ?? "");
}
