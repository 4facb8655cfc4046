/** The admin listener: bound at once; its pages are loaded later, or at the first request. See docs/decisions/0045-what-a-start-loads.md. */

import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AdminSources } from "../admin/server.ts";
import type { Log } from "../telemetry/logging/log.ts";

/** Long enough for the first call of a wrapped server, which must not wait for Express to load. */
const LOAD_AFTER_MS = 1_000;

/** `tls` is absent for plain HTTP. `beforeEach` is waited for before each request is served. */
export function createAdminListener(
  sources: AdminSources,
  log: Log,
  tls: ServerOptions | undefined,
  beforeEach?: () => Promise<void>,
): Server {
  let loading: ReturnType<typeof load> | undefined;
  const pages = () => (loading ??= load(sources, log));
  const server = createAdminServer(tls, (request, response) => {
    void Promise.all([pages(), beforeEach?.()]).then(([serve]) => {
      if (serve === undefined) response.writeHead(500).end();
      else serve(request, response);
    });
  });
  // Also loaded without a request: an upgrade while the sidecar runs deletes the file.
  const timer = setTimeout(pages, LOAD_AFTER_MS).unref();
  return server.on("close", () => clearTimeout(timer));
}

/** An HTTP server with the bounds of the admin listener; `tls` is absent for plain HTTP. */
export function createAdminServer(tls: ServerOptions | undefined, serve: RequestListener): Server {
  const bounds = { requestTimeout: 15_000, headersTimeout: 10_000 };
  return tls === undefined
    ? createServer(bounds, serve)
    : createTlsServer({ ...bounds, ...tls, handshakeTimeout: 10_000 }, serve);
}

/** Undefined when they cannot be loaded. */
async function load(sources: AdminSources, log: Log) {
  try {
    const { createAdminPages } = await import("../admin/server.ts");
    return createAdminPages(sources);
  } catch (error) {
    log.error({ err: error }, "the pages of the admin listener cannot be loaded");
    return undefined;
  }
}
