/** Responses of the bridge itself. Their words are those of the official SDK servers, since clients act on them. */

import { discardBody, type UpstreamResponse, type UpstreamExchange } from "../../upstream.ts";
import {
  errorResponse,
  HEADER_MISMATCH,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
} from "../../../mcp/error-response.ts";
import { bufferedResponse, JSON_HEADERS } from "./event-stream.ts";

const NOT_ALLOWED = -32_000;
const SESSION_NOT_FOUND = -32_001;
const METHOD_NOT_FOUND = -32_601;
const MISSING_CAPABILITY = -32_021;
const UNSUPPORTED_VERSION = -32_022;

/** The response to a notification, or to a client's own JSON-RPC response. */
export function accepted(): UpstreamExchange {
  return respondWith(bufferedResponse(202, {}));
}

export function sessionEnded(): UpstreamExchange {
  return respondWith(bufferedResponse(200, {}));
}

export function sessionNotFound(): UpstreamExchange {
  return respondWithError(404, SESSION_NOT_FOUND, "Session not found");
}

export function alreadyInitialized(): UpstreamExchange {
  return respondWithError(400, INVALID_REQUEST, "Invalid Request: Server already initialized");
}

export function sessionRequired(): UpstreamExchange {
  return respondWithError(400, NOT_ALLOWED, "Bad Request: Mcp-Session-Id header is required");
}

/** The response to a modern request when the server is a legacy one: dual-era clients fall back on exactly this. */
export function notInitialized(): UpstreamResponse {
  return bufferedError(400, NOT_ALLOWED, "Bad Request: Server not initialized");
}

export function streamOnly(): UpstreamExchange {
  return respondWithError(406, NOT_ALLOWED, "Not Acceptable: Client must accept text/event-stream");
}

export function oneStreamOnly(): UpstreamExchange {
  return respondWithError(409, NOT_ALLOWED, "Conflict: Only one SSE stream is allowed per session");
}

export function postOnly(): UpstreamExchange {
  const headers = { ...JSON_HEADERS, allow: "POST" };
  return respondWith(
    bufferedResponse(405, headers, errorResponse(405, NOT_ALLOWED, "Method not allowed.").body),
  );
}

export function headerMissing(name: string, id: string | undefined): UpstreamResponse {
  return bufferedError(400, HEADER_MISMATCH, `Bad Request: the header ${name} is missing`, id);
}

export function metaMissing(key: string, id: string | undefined): UpstreamResponse {
  return bufferedError(400, INVALID_PARAMS, `Invalid params: _meta has no ${key}`, id);
}

/** The response to a legacy message whose `MCP-Protocol-Version` is not supported. Source: MCP 2025-11-25, Transports, "Protocol Version Header". */
export function unsupportedHeader(supported: readonly string[], id: string | undefined): UpstreamExchange {
  const message = `Bad Request: Unsupported protocol version (supported versions: ${supported.join(", ")})`;
  return respondWith(bufferedError(400, NOT_ALLOWED, message, id));
}

export function unsupportedVersion(
  supported: readonly string[],
  requested: string,
  id = "null",
): UpstreamResponse {
  const data = { supported, requested };
  const error = { code: UNSUPPORTED_VERSION, message: "Unsupported protocol version", data };
  return bufferedResponse(400, JSON_HEADERS, `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`);
}

/** The response when as many children or requests exist as are allowed. */
export function tooMany(subject: string, id: string | undefined): UpstreamResponse {
  const { body: text } = errorResponse(503, INTERNAL_ERROR, `Too many ${subject}`, id);
  return bufferedResponse(503, { ...JSON_HEADERS, "retry-after": "5" }, text);
}

/** The HTTP status for a modern server's JSON-RPC error. */
export function modernStatus(errorCode: number): number {
  if (errorCode === METHOD_NOT_FOUND) return 404;
  return BAD_REQUESTS.has(errorCode) ? 400 : 200;
}

const BAD_REQUESTS: ReadonlySet<number> = new Set([HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION]);

/** In the legacy era a JSON-RPC error has status 200, as a result has. */
export function legacyStatus(): number {
  return 200;
}

export function respondWith(response: UpstreamResponse): UpstreamExchange {
  return { response: Promise.resolve(response), abort: () => discardBody(response) };
}

function respondWithError(status: number, code: number, message: string): UpstreamExchange {
  return respondWith(bufferedError(status, code, message));
}

function bufferedError(status: number, code: number, message: string, id?: string): UpstreamResponse {
  return bufferedResponse(status, JSON_HEADERS, errorResponse(status, code, message, id).body);
}
