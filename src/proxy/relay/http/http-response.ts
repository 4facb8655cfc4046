/** Forwards one HTTP response of the upstream to its client: streamed, observed, and filtered where a tools/list hides tools. */

import { headerValue } from "../../http/header-fields.ts";
import { isEventStream, type UpstreamResponse } from "../../upstream.ts";
import { isHtml, statusAndType } from "../../upstream-failure.ts";
import type { HttpExchange, ResponseContext } from "./http-exchange.ts";
import { forwardJson, forwardUnasked } from "./json-response.ts";
import { pump } from "./pipe.ts";
import { outcomeOfBreak, reject } from "./response-outcome.ts";
import { clientHeaders, keepSession } from "./response-session.ts";
import { forwardEventStream } from "./sse-response.ts";
import type { Work } from "../transport.ts";

/** Forwards the whole response and ends the exchange's request; never rejects for anything that the upstream does. */
export function forwardResponse(
  exchange: HttpExchange,
  response: UpstreamResponse,
  context: ResponseContext,
): Work {
  const status = response.statusCode;
  const encoding = headerValue(response.headers, "content-encoding") ?? "identity";
  // Security: a redirect that reached the client would lead it past Tollgate.
  if (status >= 300 && status < 400) return reject(exchange, response, "answered with a redirect");
  const mustRead = status < 300 && status !== 202 && status !== 204 && exchange.kind !== "session_end";
  if (mustRead && encoding !== "identity")
    return reject(exchange, response, "answered in an encoding that was not asked for");
  keepSession(exchange, response, context.state.sessions);
  if (status < 300 && isEventStream(response)) return forwardEventStream(exchange, response, context);
  if (isJson(response))
    return exchange.lifecycle === undefined
      ? forwardUnasked(exchange, response, context)
      : forwardJson(exchange, response, context);
  const isRequest = exchange.lifecycle !== undefined;
  if (
    (mustRead && (isRequest || exchange.kind === "server_stream")) ||
    (isRequest && isWrongPath(exchange, response))
  )
    return reject(
      exchange,
      response,
      `answered ${statusAndType(response)} at this path, which is neither JSON nor a stream`,
    );
  return forwardRaw(exchange, response, context);
}

async function forwardRaw(
  exchange: HttpExchange,
  response: UpstreamResponse,
  context: ResponseContext,
): Promise<void> {
  const { caller, lifecycle } = exchange;
  const { statusCode } = response;
  caller.downstream.writeHead(statusCode, clientHeaders(exchange, response, context, true));
  const { end, bytes } = await pump(response, caller.downstream, {
    pass: (chunk) => chunk,
    flush: () => Buffer.alloc(0),
  });
  const outcome = end === "complete" ? "upstream_error" : outcomeOfBreak(end);
  lifecycle?.ended(outcome, { resultBytes: bytes, httpStatus: statusCode });
}

/** Whether a page says that no MCP server is at this path. Within a session 404 says that the session has ended. */
function isWrongPath({ caller }: HttpExchange, { statusCode, headers }: UpstreamResponse): boolean {
  const isNotFound = statusCode === 404 || statusCode === 405 || statusCode === 410;
  return isNotFound && isHtml(headers) && caller.serverSessionId === undefined;
}

function isJson({ headers }: UpstreamResponse): boolean {
  return /^application\/json\b/i.test(headerValue(headers, "content-type") ?? "");
}
