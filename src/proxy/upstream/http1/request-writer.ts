/** A request of HTTP/1.1 as the bytes that go out, head and body at once. */

import { Buffer } from "node:buffer";
import type { OutgoingHttpHeaders } from "node:http";

import { formatHeaderLine } from "../../http/header-fields.ts";

export type Method = "POST" | "GET" | "DELETE";

/** Writes requests for one URL; credentials in it are sent as http clients do. */
export class RequestWriter {
  readonly #target: string;
  readonly #fixed: string;
  readonly #authorization: string | undefined;

  constructor({ pathname, search, host, username, password }: URL) {
    // Invariant: a URL writes its path, query and host in visible ASCII.
    this.#target = `${pathname}${search} HTTP/1.1\r\n`;
    this.#fixed = `${formatHeaderLine("host", host)}connection: keep-alive\r\n`;
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#authorization =
      credentials === ":" ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
  }

  // Security: the length is counted here, and a header of that name is the caller's mistake, as one that frames is.
  /** @throws when a header cannot be written, or frames the message */
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

const OWN_HEADERS: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

function headerLines(name: string, value: OutgoingHttpHeaders[string]): string {
  if (value === undefined) return "";
  if (OWN_HEADERS.has(name.toLowerCase()))
    throw new TypeError(`the header ${name} is not for a caller to set`);
  if (typeof value === "string") return formatHeaderLine(name, value);
  if (typeof value === "number") return formatHeaderLine(name, String(value));
  // RFC 6265, section 5.4: cookies are one line.
  if (name === "cookie") return formatHeaderLine(name, value.join("; "));
  return value.map((one) => formatHeaderLine(name, one)).join("");
}
