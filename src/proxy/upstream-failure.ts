/** Names the reason why the upstream cannot be used, from a closed set and without any text that may hold a secret. */

import { headerValue } from "./http/header-fields.ts";
import type { UpstreamError, UpstreamFault, UpstreamResponse } from "./upstream.ts";

const CERTIFICATE = /CERT|ALTNAME|UNABLE_TO|HOSTNAME_MISMATCH/;
const TLS = /^(?:EPROTO|ERR_SSL|ERR_TLS)/;
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "it refuses connections",
  ENOTFOUND: "its name is unknown",
  EAI_AGAIN: "its name cannot be looked up",
  ETIMEDOUT: "it accepts no connection in time",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no route to it",
  ERR_TLS_HANDSHAKE_TIMEOUT: "it does not complete the TLS handshake in time",
  ECONNRESET: "it resets connections",
};

/** Why no connection could be opened, as in "it refuses connections"; undefined when the error names no known reason. */
export function connectFailure(error: unknown): string | undefined {
  const code = errorCode(error) ?? "";
  if (CERTIFICATE.test(code)) return "its certificate is not trusted";
  return REASONS[code] ?? (TLS.test(code) ? "it does not speak TLS as expected" : undefined);
}

/** The code of an error of Node, such as ECONNREFUSED. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The failure that a fault names, as a predicate of the server. */
export const FAILURES: Readonly<Record<UpstreamFault, string>> = {
  unreachable: "cannot be reached",
  timeout: "did not answer in time",
  broken: "closed the connection without an answer",
  unreadable: "sent an answer that cannot be read",
  too_large: "sent an answer that is too long: it has more bytes than bounds.list-bytes",
};

/** The upstream's failure in words for the log. */
export function failureWords({ fault, cause }: UpstreamError): string {
  const reason = fault === "unreachable" ? connectFailure(cause) : undefined;
  return reason ?? `it ${FAILURES[fault]}`;
}

/** The status and type of a response that is no MCP, as in "404 with text/html". */
export function statusAndType({
  statusCode,
  headers,
}: Pick<UpstreamResponse, "statusCode" | "headers">): string {
  const type = /^[\w.+-]{1,64}\/[\w.+-]{1,64}/.exec(headerValue(headers, "content-type") ?? "")?.[0];
  return `${statusCode} ${type === undefined ? "without a content type" : `with ${type}`}`;
}

/** The reason why a response cannot be one of MCP, in words for the log; undefined for any that may be. */
export function responseFailure(response: UpstreamResponse): string | undefined {
  const { statusCode, headers } = response;
  if (statusCode >= 300 && statusCode < 400) return "it answered with a redirect";
  return isHtml(headers) ? `it answered ${statusAndType(response)} at this path` : undefined;
}

export function isHtml(headers: UpstreamResponse["headers"]): boolean {
  return /^text\/html\b/i.test(headerValue(headers, "content-type") ?? "");
}
