/** One HTTP request to an admin listener, with the certificates that its settings ask for. */

import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import type { PeerCertificate } from "node:tls";

/** PEM; absent: the system's authorities, and no client certificate. */
export interface TlsOptions {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface AdminHttpRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
  readonly tls: TlsOptions & {
    readonly rejectUnauthorized?: boolean;
    readonly servername?: string;
    readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
  };
  readonly timeoutMs: number;
  /** Makes the connection; absent: to the host and port of `url`. */
  readonly connect?: () => Duplex;
}

export interface AdminHttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const MAX_BYTES = 16_777_216;

/** Follows no redirect. @throws Error of node:http when no whole response comes in time. */
export async function sendToAdmin(options: AdminHttpRequest): Promise<AdminHttpResponse> {
  const { url, method, headers = {}, body, tls, timeoutMs, connect } = options;
  const { promise, resolve, reject } = Promise.withResolvers<AdminHttpResponse>();
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const signal = AbortSignal.timeout(timeoutMs);
  // Node takes createConnection only without an agent.
  const via = connect === undefined ? { agent: false } : { createConnection: connect };
  const request = send(url, { method, headers, signal, ...via, ...tls }, (response) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    response.on("data", (part: Buffer) => {
      bytes += part.length;
      if (bytes > MAX_BYTES) response.destroy(new Error("the response is too long"));
      else parts.push(part);
    });
    response.once("error", reject);
    response.once("end", () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(parts).toString(),
      }),
    );
  });
  request.once("error", reject);
  request.end(body);
  return promise;
}
