/** Health on the traffic port, for load balancers and probes that know no other: liveness and readiness, without reasons. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { sendResponse } from "../../mcp/error-response.ts";

export interface Health {
  /** Paths that respond 200 while the process runs. */
  readonly live: readonly string[];
  /** Paths that respond 200 while the sidecar is ready, else 503. */
  readonly ready: readonly string[];
  readonly isReady: () => boolean;
}

/**
 * Responds to a GET or HEAD of a health path; false for every other request.
 *
 * It asks for no Host, credential or room, which probes do not have; why the sidecar is not ready stays on the admin listener.
 */
export function answerHealth(request: IncomingMessage, response: ServerResponse, health: Health): boolean {
  const { method, url = "", headers } = request;
  if (method !== "GET" && method !== "HEAD") return false;
  const query = url.indexOf("?");
  const path = query === -1 ? url : url.slice(0, query);
  const isReadiness = health.ready.includes(path);
  if (!isReadiness && !health.live.includes(path)) return false;
  // Security: a request with a body goes through the checks, which refuse it and close the connection.
  if (Number(headers["content-length"] ?? 0) !== 0 || headers["transfer-encoding"] !== undefined)
    return false;
  const isReady = !isReadiness || health.isReady();
  const body = isReadiness ? { ready: isReady } : { status: "ok" };
  sendResponse(response, { status: isReady ? 200 : 503, body: JSON.stringify(body) });
  return true;
}
