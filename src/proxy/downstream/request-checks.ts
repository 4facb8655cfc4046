/** Checks an HTTP request before its body is read: headers, Host, Origin, target and method. */

import type { IncomingMessage } from "node:http";
import type { RefusalCause } from "../../mcp/vocabulary.ts";
import type { RefusedRequest } from "../../mcp/error-response.ts";

export interface ServedHosts {
  /** In lower case, without port; an IPv6 address in brackets. */
  readonly names: ReadonlySet<string>;
  /** Whether the address that a request came in on is served as its Host, as on listeners on every address. */
  readonly allowsOwnAddress: boolean;
}

export interface Edge {
  /** The one path served, case-sensitive; a slash at its end and a query make no difference. */
  readonly path: string;
  readonly hosts: ServedHosts;
  /** Origins served, as `scheme://host:port`; loopback ones of any port always are. */
  readonly origins: ReadonlySet<string>;
  readonly messageBytes: number;
  /** The token that this sidecar writes into CDN-Loop of its own requests. */
  readonly loopToken?: string;
  /** Headers that may name the agent, in lower case; absent when none is configured. */
  readonly identityHeaders?: ReadonlySet<string>;
  /** Further targets that are served to a GET. */
  readonly documents?: ReadonlySet<string>;
  /** Where clients of HTTP+SSE are served; absent when they are not. */
  readonly sse?: SsePaths;
}

/** The paths of HTTP+SSE: a GET of the stream, and a POST for each message. */
export interface SsePaths {
  readonly stream: string;
  readonly messages: string;
}

/** The refusal by the first rule that the request breaks; undefined when it breaks none. */
export function refuseRequest(request: IncomingMessage, edge: Edge): RefusedRequest | undefined {
  return (
    refuseHeaders(request, edge) ??
    refuseLoop(request, edge) ??
    refuseExpectation(request) ??
    refuseHost(request, edge) ??
    refuseOrigin(request, edge) ??
    refuseTarget(request, edge) ??
    (request.method === "POST" ? refuseBodyHeaders(request, edge) : refuseUnexpectedBody(request))
  );
}

// Security: a header that the server could read twice, and differently, must come once.
const ONCE = new Set([
  "host",
  "authorization",
  "content-type",
  "content-length",
  "transfer-encoding",
  "content-encoding",
  "origin",
  "last-event-id",
]);

function refuseHeaders(request: IncomingMessage, edge: Edge): RefusedRequest | undefined {
  const seen = new Set<string>();
  const { rawHeaders } = request;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const written = (rawHeaders[index] ?? "").toLowerCase();
    // Some servers read `_` in a header name as `-`.
    const name = written.replaceAll("_", "-");
    if (!ONCE.has(name) && !name.startsWith("mcp-") && edge.identityHeaders?.has(name) !== true) continue;
    if (written !== name) return refused(400, "header", `header ${name} is written with _`);
    if (seen.has(name)) return refused(400, "header", `header ${name} comes more than once`);
    seen.add(name);
  }
  return undefined;
}

/** RFC 8586: a request that this sidecar sent comes back, so the upstream leads to its own listener. */
function refuseLoop({ headers }: IncomingMessage, { loopToken }: Edge): RefusedRequest | undefined {
  const path = headers["cdn-loop"];
  if (path === undefined || loopToken === undefined || !path.includes(loopToken)) return undefined;
  return refused(508, "loop", "the upstream leads back to this sidecar");
}

/** RFC 9110, section 10.1.1: the only expectation is `100-continue`. */
function refuseExpectation({ headers: { expect } }: IncomingMessage): RefusedRequest | undefined {
  if (expect === undefined || /(?:^|\W)100-continue(?:$|\W)/i.test(expect)) return undefined;
  return refused(417, "header", "Expect may only be 100-continue");
}

function refuseHost(request: IncomingMessage, edge: Edge): RefusedRequest | undefined {
  if (servesHost(edge.hosts, request.headers.host, request.socket.localAddress)) return undefined;
  return refused(403, "host", "this Host is not served here; allow it with --allowed-host");
}

const LOOPBACK_ORIGIN = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

function refuseOrigin({ headers: { origin } }: IncomingMessage, edge: Edge): RefusedRequest | undefined {
  if (origin === undefined || isServedOrigin(origin, edge)) return undefined;
  return refused(403, "origin", "this Origin is not served here; allow it with --allowed-origin");
}

export function isServedOrigin(origin: string, { origins }: Edge): boolean {
  return origins.has(origin) || LOOPBACK_ORIGIN.test(origin);
}

/** Whether a browser asks if a page of another origin may send a request. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === "OPTIONS" &&
    headers.origin !== undefined &&
    headers["access-control-request-method"] !== undefined
  );
}

function refuseTarget(request: IncomingMessage, edge: Edge): RefusedRequest | undefined {
  if (isDocument(request, edge))
    return request.method === "GET" || isPreflight(request)
      ? undefined
      : refused(405, "method", "only GET is served here");
  const endpoint = servedEndpoint(request.url ?? "", edge);
  if (endpoint === undefined) return refused(404, "path", "only the one configured path is served here");
  const { names, text } = METHODS[endpoint];
  if (names.includes(request.method ?? "") || isPreflight(request)) return undefined;
  return refused(405, "method", `only ${text} served here`);
}

/** `mcp`: Streamable HTTP; `stream` and `messages`: HTTP+SSE. */
type Endpoint = "mcp" | "stream" | "messages";

const METHODS: Readonly<Record<Endpoint, { readonly names: readonly string[]; readonly text: string }>> = {
  mcp: { names: ["GET", "POST", "DELETE"], text: "POST, GET and DELETE are" },
  stream: { names: ["GET"], text: "GET is" },
  messages: { names: ["POST"], text: "POST is" },
};

/** The endpoint that a target names; undefined for any other target. */
export function servedEndpoint(target: string, { path, sse }: Edge): Endpoint | undefined {
  if (isEndpoint(target, path)) return "mcp";
  if (sse === undefined) return undefined;
  if (isEndpoint(target, sse.stream)) return "stream";
  return isEndpoint(target, sse.messages) ? "messages" : undefined;
}

/** The methods of the endpoint, as the value of `Allow`. */
export const SERVED_METHODS = METHODS.mcp.names.join(", ");

/** The methods of the request's target, as the value of `Allow`. */
export function allowedMethods(request: IncomingMessage, edge: Edge): string {
  if (isDocument(request, edge)) return "GET";
  return METHODS[servedEndpoint(request.url ?? "", edge) ?? "mcp"].names.join(", ");
}

/** Whether the request is for one of the further documents, and for no message. */
export function isDocument({ url = "" }: IncomingMessage, { documents }: Edge): boolean {
  return documents?.has(url) === true;
}

/** Whether the target is the endpoint: a slash at its end and a query make no difference. */
function isEndpoint(target: string, path: string): boolean {
  if (target === path) return true;
  const query = target.indexOf("?");
  const given = query === -1 ? target : target.slice(0, query);
  return given.startsWith("/") && withoutEndSlash(given) === withoutEndSlash(path);
}

function withoutEndSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

const JSON_TYPE = /^application\/json[ \t]*$/i;
/** A parameter may be empty (RFC 9110, section 5.6.6). */
const UTF_8_PARAMETER = /^[ \t]*(?:charset[ \t]*=[ \t]*(["']?)utf[-_]?8\1[ \t]*)?$/i;

function isUtf8Json(contentType: string): boolean {
  if (contentType === "application/json") return true;
  const [type = "", ...parameters] = contentType.split(";");
  return JSON_TYPE.test(type) && parameters.every((parameter) => UTF_8_PARAMETER.test(parameter));
}

function refuseBodyHeaders(request: IncomingMessage, edge: Edge): RefusedRequest | undefined {
  const { headers } = request;
  if (headers["content-encoding"] !== undefined) {
    return refused(415, "content_encoding", "a body must come without Content-Encoding");
  }
  if (!isUtf8Json(headers["content-type"] ?? "")) {
    return refused(415, "content_type", "Content-Type must be application/json in UTF-8");
  }
  if (Number(headers["content-length"] ?? 0) > edge.messageBytes) return tooLarge(edge.messageBytes);
  return undefined;
}

function refuseUnexpectedBody({ headers }: IncomingMessage): RefusedRequest | undefined {
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  return hasBody ? refused(400, "header", "only a POST has a body") : undefined;
}

/** Of a body that is longer than `messageBytes`. */
export function tooLarge(messageBytes: number): RefusedRequest {
  return refused(413, "too_large", `a message may have ${messageBytes} bytes`);
}

function refused(status: number, cause: RefusalCause, detail: string): RefusedRequest {
  return { status, cause, detail };
}

/** The hosts that a listener serves: loopback names, the address it listens on, and those configured. */
export function servedHosts(listenHost: string, configured: readonly string[]): ServedHosts {
  const isWildcard = listenHost === "0.0.0.0" || listenHost === "::";
  const own = isWildcard ? [] : [hostOf(listenHost) ?? listenHost];
  const names = ["localhost", "127.0.0.1", "[::1]", ...own, ...configured];
  return { names: new Set(names.map((name) => name.toLowerCase())), allowsOwnAddress: isWildcard };
}

// Security: a web page that resolves its own name to this address sends that name as Host (DNS rebinding).
/** Whether a request with this `Host`, which came in on `localAddress`, is served. */
export function servesHost(
  served: ServedHosts,
  host: string | undefined,
  localAddress: string | undefined,
): boolean {
  const name = hostName(host);
  if (name === undefined) return false;
  return served.names.has(name) || (served.allowsOwnAddress && name === hostOf(localAddress));
}

/** `Host` without its port, in lower case; undefined when it is not a host. */
function hostName(header: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(header ?? "")?.[1]?.toLowerCase();
}

function hostOf(address: string | undefined): string | undefined {
  const plain = address?.replace(/^::ffff:/, "");
  return plain?.includes(":") ? `[${plain}]` : plain;
}
