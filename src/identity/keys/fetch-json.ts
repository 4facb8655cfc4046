/** Fetches a JSON document from another server, bounded in time and size, and without following redirects. */

import http, { type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import https from "node:https";

export interface JsonRequest {
  readonly url: URL;
  /** The media types that the client accepts, for the Accept header; absent: JSON. */
  readonly accept?: string;
  /** PEM of the authorities to trust; absent: those of Node. */
  readonly ca?: string;
  /** PEM of Tollgate's own certificate and key for that server. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** Tollgate's own credential for that server, as the Authorization header. */
  readonly authorization?: string;
  /** The forward proxy of the environment; absent: the request is sent directly. */
  readonly proxy?: ProxyVariables;
  /** Sent by POST, a form as such and an object as JSON; absent: GET. */
  readonly body?: object | URLSearchParams;
  /** By status: what a refusal of that server means, for the operator. */
  readonly refusals?: Readonly<Partial<Record<number, string>>>;
}

export interface ProxyVariables {
  readonly HTTPS_PROXY: string;
  readonly NO_PROXY?: string;
}

/** The server sent no usable response; the message says why, in a few words. */
export class FetchError extends Error {
  override readonly name = "FetchError";
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;

/** The value of the response. @throws FetchError */
export async function fetchJson(request: JsonRequest): Promise<unknown> {
  const text = await fetchText(request);
  try {
    return JSON.parse(text);
  } catch {
    throw new FetchError("its answer is not JSON");
  }
}

/** The body of the response. @throws FetchError */
export async function fetchText(request: JsonRequest): Promise<string> {
  const { url, accept = "application/json", ca, certificate, authorization } = request;
  const body = encodedBody(request.body);
  const agent = proxyAgent(request);
  const options = {
    method: body === undefined ? "GET" : "POST",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    agent: agent ?? false,
    ...(ca !== undefined && { ca }),
    ...certificate,
    headers: { accept, ...(authorization !== undefined && { authorization }), ...body?.headers },
  } as const;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = (url.protocol === "https:" ? https : http).request(url, options, resolve);
  sent.once("error", reject);
  sent.end(body?.text);
  try {
    return await readResponse(await promise, request.refusals ?? {});
  } catch (error) {
    throw error instanceof FetchError ? error : new FetchError(failureReason(error));
  } finally {
    sent.destroy();
    agent?.destroy();
  }
}

function encodedBody(
  body: JsonRequest["body"],
): { readonly text: string; readonly headers: OutgoingHttpHeaders } | undefined {
  if (body === undefined) return undefined;
  const isForm = body instanceof URLSearchParams;
  const text = isForm ? body.toString() : JSON.stringify(body);
  const type = isForm ? "application/x-www-form-urlencoded" : "application/json";
  return { text, headers: { "content-type": type, "content-length": Buffer.byteLength(text) } };
}

/** Names that only the cluster's own resolver knows, so that no proxy can reach them. */
const CLUSTER_NAME = /\.(?:svc|cluster\.local)$/;

// Security: a plain request is for loopback alone, and a proxy would send it elsewhere and read it.
/** @throws FetchError when the environment names no usable proxy */
function proxyAgent({ url, proxy }: JsonRequest): https.Agent | undefined {
  if (proxy === undefined || url.protocol !== "https:" || CLUSTER_NAME.test(url.hostname)) return undefined;
  if (!URL.canParse(proxy.HTTPS_PROXY)) throw new FetchError("HTTPS_PROXY is no address of a proxy");
  return new https.Agent({ proxyEnv: { ...proxy } });
}

async function readResponse(
  response: IncomingMessage,
  refusals: NonNullable<JsonRequest["refusals"]>,
): Promise<string> {
  const status = response.statusCode ?? 0;
  const meaning = refusals[status];
  if (status !== 200 && status !== 201)
    throw new FetchError(`it answered ${status}${meaning === undefined ? "" : `, ${meaning}`}`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new FetchError(`its answer has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A code such as `ECONNREFUSED`, never a part of what was sent or received. */
function failureReason(error: unknown): string {
  if (error instanceof Error && error.name === "AbortError") return `no answer within ${TIMEOUT_MS / 1000} s`;
  return error instanceof Error && "code" in error ? String(error.code) : "the connection failed";
}
