/** Which headers pass from one end to the other: those that are about the message, none that are about a connection. */

import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
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
// Security: some servers take these for the method or the path, and so for another request than the one that was judged.
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
 * Headers of a request as they go upstream: end-to-end ones pass, hop-by-hop ones, those named in `Connection`, those
 * of `withheld`, those that name another method or path and those with `_` in their name do not. The answer comes unencoded, since we must read it.
 */
export function forwardedRequestHeaders(
  request: IncomingMessage,
  withheld: ReadonlySet<string>,
): OutgoingHttpHeaders {
  const { rawHeaders } = request;
  const named = connectionOptions(request.headers.connection);
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = normalizeHeaderName(rawHeaders[index] ?? "");
    if (
      name === undefined ||
      STRIPPED_HEADERS.has(name) ||
      withheld.has(name) ||
      named?.has(name) ||
      name.includes("_")
    )
      continue;
    addHeader(headers, name, rawHeaders[index + 1] ?? "");
  }
  headers["accept-encoding"] = "identity";
  return headers;
}

/** Headers of an answer as they go downstream; its length only where the body passes unchanged. */
export function forwardedResponseHeaders(
  { headers: sent }: UpstreamResponse,
  keepsLength: boolean,
): OutgoingHttpHeaders {
  const named = connectionOptions(headerValue(sent, "connection"));
  const headers: OutgoingHttpHeaders = {};
  for (const name in sent) {
    if (HOP_BY_HOP.has(name) || named?.has(name)) continue;
    if (name === "content-length" && !keepsLength) continue;
    headers[name] = sent[name];
  }
  return headers;
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
