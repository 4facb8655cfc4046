/** Parses the head of an HTTP/1.1 response strictly: status, headers and the framing of the body. */

import { type HeaderFields, parseHeaderLines, headerValue } from "../../http/header-fields.ts";

export interface ResponseHead {
  readonly statusCode: number;
  readonly headers: HeaderFields;
  readonly framing: Framing;
  /** Whether the connection can carry another request after this response. */
  readonly persists: boolean;
}

/** The end of the body: after a number of bytes (0 for no body), after the last chunk, or when the connection closes. */
export type Framing =
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunks" }
  | { readonly kind: "connection" };

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t -~\u0080-\u00ff]*)?\r\n/;
const DIGITS = /^\d{1,15}$/;
const NO_BODY: Framing = { kind: "length", bytes: 0 };
const CHUNKS: Framing = { kind: "chunks" };
const UNTIL_CLOSE: Framing = { kind: "connection" };

/** `text` is latin1 and ends before the empty line. Undefined when it is no strict HTTP/1.1 or HTTP/1.0 head. */
export function parseResponseHead(text: string): ResponseHead | undefined {
  const status = STATUS_LINE.exec(text);
  const headers = status === null ? undefined : parseHeaderLines(text, status[0].length);
  if (status === null || headers === undefined) return undefined;
  const isHttp10 = status[1] === "0";
  const statusCode = Number(status[2]);
  const framing = framingOf(statusCode, headers, isHttp10);
  if (framing === undefined) return undefined;
  const persists = !isHttp10 && framing.kind !== "connection" && !hasConnectionClose(headers);
  return { statusCode, headers, framing, persists };
}

/** RFC 9112, section 6.3; undefined for any head that two parsers could frame differently. */
function framingOf(statusCode: number, headers: HeaderFields, isHttp10: boolean): Framing | undefined {
  const length = headers["content-length"];
  const coding = headers["transfer-encoding"];
  // Security: a length with a coding, either of them twice, or a list: parsers disagree on the end (response splitting).
  if (length !== undefined && (coding !== undefined || typeof length !== "string" || !DIGITS.test(length)))
    return undefined;
  if (coding !== undefined && (isHttp10 || typeof coding !== "string" || coding.toLowerCase() !== "chunked"))
    return undefined;
  if (statusCode < 200 || statusCode === 204 || statusCode === 304) return NO_BODY;
  if (coding !== undefined) return CHUNKS;
  return length === undefined ? UNTIL_CLOSE : { kind: "length", bytes: Number(length) };
}

function hasConnectionClose(headers: HeaderFields): boolean {
  const { connection } = headers;
  if (connection === undefined || connection === "keep-alive") return false;
  return (headerValue(headers, "connection") ?? "")
    .toLowerCase()
    .split(",")
    .some((option) => option.trim() === "close");
}
