/** The head of an HTTP/1.1 answer, read strictly: its status, its headers, and where its body ends. */

import { type HeaderFields, parseHeaderLines, headerValue } from "../../http/header-fields.ts";

export interface ResponseHead {
  readonly statusCode: number;
  readonly headers: HeaderFields;
  readonly framing: Framing;
  /** Whether the connection can carry another request when this answer is over. */
  readonly persists: boolean;
}

/** Where the body ends: after so many bytes (0 when there is none), with the last chunk, or with the connection. */
export type Framing =
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunks" }
  | { readonly kind: "connection" };

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t -~\u0080-\u00ff]*)?\r\n/;
const DIGITS = /^\d{1,15}$/;
const NO_BODY: Framing = { kind: "length", bytes: 0 };
const CHUNKS: Framing = { kind: "chunks" };
const UNTIL_CLOSE: Framing = { kind: "connection" };

/** `text` is a byte a character, up to and without the empty line; undefined when it is no answer of HTTP/1.1 or 1.0. */
export function parseResponseHead(text: string): ResponseHead | undefined {
  const status = STATUS_LINE.exec(text);
  const headers = status === null ? undefined : parseHeaderLines(text, status[0].length);
  if (status === null || headers === undefined) return undefined;
  const isOld = status[1] === "0";
  const statusCode = Number(status[2]);
  const framing = framingOf(statusCode, headers, isOld);
  if (framing === undefined) return undefined;
  const persists = !isOld && framing.kind !== "connection" && !hasConnectionClose(headers);
  return { statusCode, headers, framing, persists };
}

/** As RFC 9112, section 6.3, says, but nothing that two readers could take for two lengths. */
function framingOf(statusCode: number, headers: HeaderFields, isOld: boolean): Framing | undefined {
  const length = headers["content-length"];
  const coding = headers["transfer-encoding"];
  // Security: both, either twice, or a list: one reader goes by the one, one by the other, and the rest is a second answer.
  if (length !== undefined && (coding !== undefined || typeof length !== "string" || !DIGITS.test(length)))
    return undefined;
  if (coding !== undefined && (isOld || typeof coding !== "string" || coding.toLowerCase() !== "chunked"))
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
