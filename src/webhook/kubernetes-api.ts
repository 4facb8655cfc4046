/** Asks the API server of the cluster that the webhook runs in: reads objects, and changes them unless they were changed meanwhile. */

import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import { join } from "node:path";

export interface ApiPlace {
  /** Origin of the API server. */
  readonly url: string;
  /** A folder with `token` and `ca.crt`, as the kubelet mounts it. */
  readonly credentials: string;
}

/** The API server cannot be asked, or refused; the message says why. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** Absent without a response. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

const TIMEOUT_MS = 5_000;
/** An object has at most 1.5 MiB in etcd. */
const MAX_BYTES = 4 * 1024 * 1024;
export const MERGE_PATCH = "application/merge-patch+json";
export const JSON_PATCH = "application/json-patch+json";

export class KubernetesApi {
  readonly #place: ApiPlace;

  constructor(place: ApiPlace) {
    this.#place = place;
  }

  /** @throws ApiError */
  get(path: string): Promise<unknown> {
    return this.#ask(path, { method: "GET" });
  }

  /** @throws ApiError, with status 409 when the resource version in `body` is not the present one */
  patch(path: string, type: string, body: unknown): Promise<unknown> {
    return this.#ask(path, { method: "PATCH", type, body });
  }

  async #ask(
    path: string,
    { method, type = "", body }: { readonly method: string; readonly type?: string; readonly body?: unknown },
  ): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    try {
      const { url } = this.#place;
      const headers = {
        accept: "application/json",
        // Read each time: the kubelet renews the token.
        authorization: `Bearer ${this.#read("token").trim()}`,
        ...(body !== undefined && { "content-type": type }),
      };
      const options = { method, headers, ca: this.#read("ca.crt"), agent: false };
      const request = https.request(
        new URL(path, url),
        { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) },
        (response) => readResponse(response).then(resolve, reject),
      );
      request.on("error", reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
      return await promise;
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError(`${method} ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #read(name: string): string {
    return readFileSync(join(this.#place.credentials, name), "utf8");
  }
}

async function readResponse(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new ApiError(`the answer has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  const status = response.statusCode ?? 0;
  const text = Buffer.concat(chunks).toString("utf8");
  if (status < 300) return JSON.parse(text) as unknown;
  throw new ApiError(`${status} ${messageOf(text)}`, status);
}

/** The text of a Status object. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    return typeof message === "string" ? message : text.slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}
