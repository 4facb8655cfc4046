/** Responses of Tollgate's own: a JSON-RPC message, and the HTTP status that carries it. */

import type { OutgoingHttpHeaders } from "node:http";
import type { Writable } from "node:stream";
import type { RefusalCause } from "./vocabulary.ts";

export interface LocalResponse {
  readonly status: number;
  /** A JSON-RPC message. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RefusedRequest {
  readonly status: number;
  readonly cause: RefusalCause;
  readonly detail: string;
}

export const INVALID_REQUEST = -32_600;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;
/** Tollgate has no room, or does not keep up: the request reached neither policy nor server, and may be sent again. */
export const OVERLOADED = 503;
export const HEADER_MISMATCH = -32_020;

/** An error response; `id` is the request's id as a token, absent when it could not be read. */
export function errorResponse(status: number, code: number, message: string, id = "null"): LocalResponse {
  return { status, body: errorBody(code, message, id) };
}

/** The JSON-RPC message of an error; `id` is a token. */
export function errorBody(code: number, message: string, id: string, data?: Record<string, unknown>): string {
  const error = data === undefined ? { code, message } : { code, message, data };
  return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`;
}

interface Downstream extends Writable {
  readonly headersSent: boolean;
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown;
}

/**
 * Sends the response; destroys the connection instead when another response has begun on it. `beforeEnd` gets the function that
 * ends the response, to call it later; the client has the whole body before that.
 */
export function sendResponse(
  downstream: Downstream,
  { status, body, headers }: LocalResponse,
  beforeEnd: (end: () => void) => void = (end) => end(),
): void {
  if (downstream.headersSent || downstream.destroyed) return void downstream.destroy();
  const bytes = Buffer.from(body);
  downstream.writeHead(status, {
    "content-type": "application/json",
    "content-length": bytes.byteLength,
    ...headers,
  });
  downstream.cork();
  downstream.write(bytes);
  downstream.uncork();
  beforeEnd(() => downstream.end());
}
