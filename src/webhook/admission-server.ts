/** The listener that the API server calls: AdmissionReview v1 by POST, over TLS, in bounded time and size. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Log } from "../telemetry/logging/log.ts";
import type { RequestResult, WebhookMetrics } from "./metrics.ts";
import { ReviewError, type ReviewOptions, reviewPod } from "./review-pod.ts";

export const MUTATE_PATH = "/mutate";
/** The API server takes objects of at most 3 MiB. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

const BOUNDS = {
  requestTimeout: 10_000,
  headersTimeout: 5_000,
  handshakeTimeout: 5_000,
  maxHeaderSize: 16_384,
};
const TLS = { minVersion: "TLSv1.2" } as const;

export interface AdmissionParts {
  readonly review: ReviewOptions;
  readonly log: Log;
  readonly metrics: WebhookMetrics;
  /** Once it is, each response closes its connection. */
  readonly ending: AbortSignal;
}

export interface AdmissionServer {
  /** It refuses every handshake until it has a certificate. */
  readonly server: Server;
  /** For the connections that come from now on. */
  readonly serve: (pair: { readonly cert: string | Buffer; readonly key: string | Buffer }) => void;
}

export function createAdmissionServer(parts: AdmissionParts): AdmissionServer {
  const server = createServer({ ...BOUNDS, ...TLS }, (request, response) => {
    void answer(request, response, parts);
  });
  return { server, serve: ({ cert, key }) => server.setSecureContext({ ...TLS, cert, key }) };
}

/** A response that is not an answer to the review; the API server then does as `failurePolicy` says. */
class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { review, log, metrics, ending }: AdmissionParts,
): Promise<void> {
  const started = performance.now();
  const end = (result: RequestResult, status: number, body: object): void => {
    metrics.answered(result, (performance.now() - started) / 1_000);
    if (ending.aborted || !request.complete) response.setHeader("connection", "close");
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  try {
    const reviewed = reviewPod(parse(await readBody(request)), review);
    const level = reviewed.result === "refused" ? "warn" : "info";
    log[level]({ result: reviewed.result, ...reviewed.log }, "pod reviewed");
    end(reviewed.result, 200, reviewed.response);
  } catch (error) {
    const isBad = error instanceof RequestError || error instanceof ReviewError;
    const status = error instanceof RequestError ? error.status : isBad ? 400 : 500;
    const because = error instanceof Error ? error.message : String(error);
    if (isBad) log.warn({ because, status }, "admission request refused");
    else log.error({ err: error }, "admission request failed");
    end(isBad ? "bad_request" : "failed", status, {
      error: isBad ? because : "the webhook failed; see its log",
    });
  }
}

/** @throws RequestError */
async function readBody(request: IncomingMessage): Promise<string> {
  const { method, url, headers } = request;
  if (url?.split("?")[0] !== MUTATE_PATH) throw new RequestError(404, `only ${MUTATE_PATH} is served`);
  if (method !== "POST") throw new RequestError(405, "an AdmissionReview is sent by POST");
  if (headers["content-type"]?.split(";")[0]?.trim().toLowerCase() !== "application/json")
    throw new RequestError(415, "an AdmissionReview is application/json");
  const tooLarge = new RequestError(413, `the body has more than ${MAX_BODY_BYTES} bytes`);
  if (Number(headers["content-length"] ?? 0) > MAX_BODY_BYTES) throw tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RequestError(400, "the body is not JSON");
  }
}
