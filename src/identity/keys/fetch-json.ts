/** Fetches a JSON document from another server, bounded in time and size, and without following redirects. */

import http, { type IncomingMessage } from "node:http";
import https from "node:https";

export interface JsonRequest {
  readonly url: URL;
  /** The media types that the client accepts, for the Accept header; absent: JSON. */
  readonly accept?: string;
  /** PEM of the authorities to trust; absent: those of Node. */
  readonly ca?: string;
  /** Tollgate's own bearer token for that server. */
  readonly token?: string;
  /** Sent as JSON by POST; absent: GET. */
  readonly body?: object;
}

/** The server sent no usable response; the message says why, in a few words. */
export class FetchError extends Error {
  override readonly name = "FetchError";
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;

/** The value of the response. @throws FetchError */
export async function fetchJson({
  url,
  accept = "application/json",
  ca,
  token,
  body,
}: JsonRequest): Promise<unknown> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const options = {
    method: text === undefined ? "GET" : "POST",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    agent: false,
    ...(ca !== undefined && { ca }),
    headers: {
      accept,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(text !== undefined && {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      }),
    },
  } as const;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = (url.protocol === "https:" ? https : http).request(url, options, resolve);
  request.once("error", reject);
  request.end(text);
  try {
    return await readResponse(await promise);
  } catch (error) {
    throw error instanceof FetchError ? error : new FetchError(failureReason(error));
  } finally {
    request.destroy();
  }
}

async function readResponse(response: IncomingMessage): Promise<unknown> {
  const status = response.statusCode ?? 0;
  if (status !== 200 && status !== 201) throw new FetchError(`it answered ${status}`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new FetchError(`its answer has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new FetchError("its answer is not JSON");
  }
}

/** A code such as `ECONNREFUSED`, never a part of what was sent or received. */
function failureReason(error: unknown): string {
  if (error instanceof Error && error.name === "AbortError") return `no answer within ${TIMEOUT_MS / 1000} s`;
  return error instanceof Error && "code" in error ? String(error.code) : "the connection failed";
}
