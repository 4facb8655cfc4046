/** The admin listener: bound at once, its pages loaded when the start is over or somebody asks. See docs/decisions/0045-what-a-start-loads.md. */

import { createServer, type Server } from "node:http";
import type { AdminSources } from "../admin/server.ts";
import type { Log } from "../telemetry/logging/log.ts";

/** The first call of a wrapped server is answered by then, and does not wait for Express. */
const LOAD_AFTER_MS = 1_000;

export function createAdminListener(sources: AdminSources, log: Log): Server {
  let loading: ReturnType<typeof load> | undefined;
  const pages = () => (loading ??= load(sources, log));
  const server = createServer({ requestTimeout: 15_000, headersTimeout: 10_000 }, (request, response) => {
    void pages().then((serve) => {
      if (serve === undefined) response.writeHead(500).end();
      else serve(request, response);
    });
  });
  // Not left to the first request: an upgrade under a running sidecar takes the file away.
  const timer = setTimeout(pages, LOAD_AFTER_MS).unref();
  return server.on("close", () => clearTimeout(timer));
}

/** Undefined when they cannot be had. */
async function load(sources: AdminSources, log: Log) {
  try {
    const { createAdminPages } = await import("../admin/server.ts");
    return createAdminPages(sources);
  } catch (error) {
    log.error({ err: error }, "the pages of the admin listener cannot be loaded");
    return undefined;
  }
}
