/** Writes an HTTP/1.1 request, head and body, into one buffer. */

import { Buffer } from "node:buffer";
import type { OutgoingHttpHeaders } from "node:http";

import { formatHeaderLine } from "../../http/header-fields.ts";

export type Method = "POST" | "GET" | "DELETE";

/** Writes requests for one URL. Credentials in the URL become a Basic `Authorization` header. */
export class RequestWriter {
  readonly #target: string;
  readonly #fixed: string;
  readonly #authorization: string | undefined;

  /** `loopToken` goes into CDN-Loop, beside what the client sent there. */
  constructor({ pathname, search, host, username, password }: URL, loopToken?: string) {
    // Invariant: a URL writes its path, query and host in visible ASCII.
    this.#target = `${pathname}${search} HTTP/1.1\r\n`;
    const loop = loopToken === undefined ? "" : formatHeaderLine("cdn-loop", loopToken);
    this.#fixed = `${formatHeaderLine("host", host)}connection: keep-alive\r\n${loop}`;
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#authorization =
      credentials === ":" ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
  }

  // Security: Content-Length is computed here; a caller that passes a framing header could smuggle a second request.
  /** @throws TypeError for a header that cannot be written, or that frames the message */
  write(method: Method, headers: OutgoingHttpHeaders, body: string | undefined): Buffer {
    let head = `${method} ${this.#target}${this.#fixed}`;
    for (const name in headers) head += headerLines(name, headers[name]);
    if (this.#authorization !== undefined && headers["authorization"] === undefined)
      head += formatHeaderLine("authorization", this.#authorization);
    if (body === undefined) return Buffer.from(`${head}\r\n`, "latin1");
    const bodyBytes = Buffer.byteLength(body);
    head += `content-length: ${bodyBytes}\r\n\r\n`;
    const bytes = Buffer.allocUnsafe(head.length + bodyBytes);
    bytes.write(head, 0, "latin1");
    bytes.write(body, head.length, "utf8");
    return bytes;
  }
}

const FRAMING_HEADERS: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

function headerLines(name: string, value: OutgoingHttpHeaders[string]): string {
  if (value === undefined) return "";
  if (FRAMING_HEADERS.has(name.toLowerCase()))
    throw new TypeError(`the header ${name} is set by the request writer`);
  if (typeof value === "string") return formatHeaderLine(name, value);
  if (typeof value === "number") return formatHeaderLine(name, String(value));
  // RFC 6265, section 5.4: cookies are one line.
  if (name === "cookie") return formatHeaderLine(name, value.join("; "));
  return value.map((one) => formatHeaderLine(name, one)).join("");
}
