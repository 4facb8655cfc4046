/** Selects the headers that are forwarded: end-to-end headers only (RFC 9110, section 7.6.1). */

import type { OutgoingHttpHeaders } from "node:http";
import type { RequestHead } from "./client-response.ts";
import { addHeader, normalizeHeaderName, headerValue } from "./header-fields.ts";
import type { UpstreamResponse } from "../upstream.ts";

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const MANAGED_HEADERS = [
  "host",
  "content-length",
  "content-encoding",
  "accept-encoding",
  "expect",
  "proxy-authorization",
  "http2-settings",
];
// Security: some servers take method or path from these, which makes another request than the one decided on.
const OVERRIDE_HEADERS = [
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-original-method",
  "x-original-uri",
  "x-original-url",
  "x-rewrite-url",
];
const STRIPPED_HEADERS = new Set([...HOP_BY_HOP, ...MANAGED_HEADERS, ...OVERRIDE_HEADERS]);

/**
 * The request headers to send upstream. Drops hop-by-hop headers, those named in `Connection` or in `withheld`, overrides of
 * method or path, and names with `_`. Asks for an unencoded response, since Tollgate must read it.
 */
export function forwardedRequestHeaders(
  request: RequestHead,
  withheld: ReadonlySet<string>,
): OutgoingHttpHeaders {
  const { rawHeaders } = request;
  const hopByHop = connectionOptions(request.headers.connection);
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = normalizeHeaderName(rawHeaders[index] ?? "");
    if (
      name === undefined ||
      STRIPPED_HEADERS.has(name) ||
      withheld.has(name) ||
      hopByHop?.has(name) ||
      name.includes("_")
    )
      continue;
    addHeader(headers, name, rawHeaders[index + 1] ?? "");
  }
  headers["accept-encoding"] = "identity";
  return headers;
}

/** The response headers to send downstream; `content-length` only if the body is forwarded unchanged. */
export function forwardedResponseHeaders(
  { headers: received }: Pick<UpstreamResponse, "headers">,
  keepsLength: boolean,
): OutgoingHttpHeaders {
  const hopByHop = connectionOptions(headerValue(received, "connection"));
  const headers: OutgoingHttpHeaders = {};
  for (const name in received) {
    if (HOP_BY_HOP.has(name) || hopByHop?.has(name)) continue;
    if (name === "content-length" && !keepsLength) continue;
    // Which pages may read a response is decided by --allowed-origin.
    if (name.startsWith("access-control-")) continue;
    headers[name] = received[name];
  }
  if (headers["vary"] !== undefined) headers["vary"] = withOrigin(headerValue(received, "vary") ?? "");
  return headers;
}

/** `Vary` with `Origin` in it: the headers that Tollgate adds depend on it. */
function withOrigin(vary: string): string {
  return /(?:^|[, \t])(?:origin|\*)(?:[, \t]|$)/i.test(vary) ? vary : `${vary}, Origin`;
}

function connectionOptions(header: string | undefined): ReadonlySet<string> | undefined {
  if (header === undefined || header === "keep-alive" || header === "close") return undefined;
  return new Set(
    header
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );
}
