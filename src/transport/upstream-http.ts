/** The upstream MCP server over Streamable HTTP. A tools/call goes in by its permit and by no other door. */

import http, { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import https from "node:https";
import type { Permit } from "../enforcement/permit.ts";
import type { CallMessage, Message } from "./message.ts";
import {
  type Upstream,
  type UpstreamAnswer,
  UpstreamError,
  type UpstreamExchange,
  type UpstreamFault,
} from "./upstream.ts";

export interface UpstreamOptions {
  readonly url: URL;
  readonly connectMs: number;
  /** How long it may be silent, on any answer that is not a stream. */
  readonly idleMs: number;
}

export class UpstreamHttp implements Upstream {
  readonly #options: UpstreamOptions;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    // A free socket is given up before common servers (5 s) close theirs, so that a call does not meet a closing one.
    const pool = {
      keepAlive: true,
      keepAliveMsecs: 15_000,
      timeout: 4_000,
      maxSockets: Infinity,
      scheduling: "lifo",
    } as const;
    const isTls = options.url.protocol === "https:";
    this.#agent = isTls ? new https.Agent(pool) : new http.Agent(pool);
    this.#request = isTls ? https.request : http.request;
  }

  /** Sends the call that the permit stands for; `text` is its message, or that message with our trace context. */
  call(permit: Permit, headers: OutgoingHttpHeaders, withTrace: (text: string) => string): UpstreamExchange {
    return this.#open("POST", headers, withTrace(permit.text));
  }

  /** Sends any message but a tools/call. */
  relay(
    _message: Exclude<Message, CallMessage>,
    text: string,
    headers: OutgoingHttpHeaders,
  ): UpstreamExchange {
    return this.#open("POST", headers, text);
  }

  /** Opens the server's own stream (GET), or ends a session (DELETE). */
  open(method: "GET" | "DELETE", headers: OutgoingHttpHeaders): UpstreamExchange {
    return this.#open(method, headers, undefined);
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(method: string, headers: OutgoingHttpHeaders, body: string | undefined): UpstreamExchange {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const request = this.#request(this.#options.url, {
      method,
      agent: this.#agent,
      timeout: this.#options.idleMs,
      headers: bytes === undefined ? headers : { ...headers, "content-length": bytes.byteLength },
    });
    request.setNoDelay(true);
    const response = this.#answerOf(request);
    request.end(bytes);
    return { response, abort: () => request.destroy() };
  }

  #answerOf(request: ClientRequest): Promise<UpstreamAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    let wasSent = false;
    let connecting: NodeJS.Timeout | undefined;
    let fault: UpstreamFault | undefined;
    const giveUp = (kind: UpstreamFault): void => {
      fault = kind;
      request.destroy();
    };
    request.once("socket", (socket) => {
      const ready = (): void => {
        clearTimeout(connecting);
        wasSent = true;
        socket.setKeepAlive(true, 15_000);
      };
      if (!socket.connecting) return ready();
      connecting = setTimeout(giveUp, this.#options.connectMs, "unreachable");
      socket.once(this.#options.url.protocol === "https:" ? "secureConnect" : "connect", ready);
    });
    request.once("timeout", () => giveUp("timeout"));
    let isAnswered = false;
    request.once("response", (response) => {
      isAnswered = true;
      // A body without a length would end as if it were whole.
      request.once("error", (error) => response.destroy(error));
      if (isStream(response)) request.setTimeout(0);
      resolve(response);
    });
    request.once("error", (error) => reject(new UpstreamError(fault ?? faultOf(wasSent), wasSent, error)));
    request.once("close", () => {
      clearTimeout(connecting);
      // An error costs its stack: none is made for the common end.
      if (!isAnswered) reject(new UpstreamError(fault ?? faultOf(wasSent), wasSent));
    });
    return promise;
  }
}

function faultOf(wasSent: boolean): UpstreamFault {
  return wasSent ? "broken" : "unreachable";
}

export function isStream(response: UpstreamAnswer): boolean {
  return /^text\/event-stream\b/i.test(response.headers["content-type"] ?? "");
}

const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
const OURS = [
  "host",
  "content-length",
  "content-encoding",
  "accept-encoding",
  "expect",
  "proxy-authorization",
  "http2-settings",
];
// Security: some servers take these for the method or the path, and so for another request than the one that was judged.
const OVERRIDES = [
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-original-method",
  "x-original-uri",
  "x-original-url",
  "x-rewrite-url",
];
const KEPT_BACK = new Set([...HOP_BY_HOP, ...OURS, ...OVERRIDES]);

/**
 * Headers of a request as they go upstream: end-to-end ones pass, hop-by-hop ones, those named in `Connection`, those
 * of `withheld`, those that name another method or path and those with `_` in their name do not. The answer comes unencoded, since we must read it.
 */
export function requestHeaders(request: IncomingMessage, withheld: ReadonlySet<string>): OutgoingHttpHeaders {
  const named = connectionNames(request.headers.connection);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values === undefined || KEPT_BACK.has(name) || withheld.has(name) || named?.has(name)) continue;
    if (name.includes("_")) continue;
    headers[name] = values.length === 1 ? values[0] : values;
  }
  headers["accept-encoding"] = "identity";
  return headers;
}

/** Headers of an answer as they go downstream; its length only where the body passes unchanged. */
export function responseHeaders(response: UpstreamAnswer, keepsLength: boolean): OutgoingHttpHeaders {
  const named = connectionNames(response.headers.connection);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    if (values === undefined || HOP_BY_HOP.includes(name) || named?.has(name)) continue;
    if (name === "content-length" && !keepsLength) continue;
    headers[name] = values.length === 1 ? values[0] : values;
  }
  return headers;
}

function connectionNames(header: string | undefined): ReadonlySet<string> | undefined {
  if (header === undefined || header === "keep-alive" || header === "close") return undefined;
  return new Set(
    header
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );
}
