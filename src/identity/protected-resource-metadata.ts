/** Serves `/.well-known/oauth-protected-resource`: Tollgate's own document, or the upstream's where it does OAuth itself. */

import http, { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import https from "node:https";
import { sendResponse, errorResponse, INTERNAL_ERROR } from "../mcp/error-response.ts";
import { METADATA_PATH } from "./challenge.ts";

export interface MetadataEndpoint {
  /** The exact request targets that are served, by GET. */
  readonly paths: ReadonlySet<string>;
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void;
}

/** At the root, and followed by the endpoint's path (RFC 9728, section 3.1). */
function pathsFor(path: string): readonly string[] {
  return [METADATA_PATH, `${METADATA_PATH}${path}`];
}

export function ownMetadata(path: string, document: string): MetadataEndpoint {
  return {
    paths: new Set(pathsFor(path)),
    serve: (_request, response) => sendResponse(response, { status: 200, body: document }),
  };
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 64 * 1024;

// Security: two fixed addresses of the upstream, without a body or a header of the caller, so that no other request passes.
/** Forwards the upstream's own document unchanged; without one, its 404. */
export function upstreamMetadata(path: string, upstream: URL): MetadataEndpoint {
  const [root = "", suffixed = ""] = pathsFor(path);
  const targets = new Map([
    [root, new URL(METADATA_PATH, upstream)],
    [suffixed, new URL(`${METADATA_PATH}${upstream.pathname}`, upstream)],
  ]);
  return {
    paths: new Set(targets.keys()),
    serve: ({ url = "" }, response) => {
      const target = targets.get(url);
      if (target !== undefined) forwardDocument(response, target);
    },
  };
}

function forwardDocument(response: ServerResponse, target: URL): void {
  const client = target.protocol === "https:" ? https : http;
  const options = {
    agent: false,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: "application/json" },
  };
  const fail = (): void =>
    sendResponse(
      response,
      errorResponse(502, INTERNAL_ERROR, "The MCP server behind Tollgate gave no metadata"),
    );
  const request = client.get(target, options, (answer) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    answer.on("data", (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes > MAX_BYTES) answer.destroy();
      else chunks.push(chunk);
    });
    answer.once("close", () => {
      const status = answer.statusCode ?? 502;
      // Security: a redirect would lead the client to the upstream without Tollgate.
      if (!answer.complete || bytes > MAX_BYTES || (status >= 300 && status < 400)) return fail();
      response.writeHead(status, contentType(answer.headers));
      response.end(Buffer.concat(chunks));
    });
  });
  request.once("error", fail);
}

function contentType(headers: IncomingMessage["headers"]): OutgoingHttpHeaders {
  const type = headers["content-type"];
  return type === undefined ? {} : { "content-type": type };
}
