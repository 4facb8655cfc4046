/** The application of the admin listener of `tollgate up`: the servers, their metrics, health, and the page. */

import { pipeline, Readable } from "node:stream";
import express, { type Express, type Request, type Response } from "express";
import { type AdminAccess, createAccessChecks } from "./access.ts";
import type { ReadyResponse } from "./api.ts";
import { addConsole, setSecurityHeaders, UP_PAGE } from "./console.ts";
import { sendError } from "./send-error.ts";
import type { AdminSources } from "./server.ts";
import type { ServersResponse } from "./up-api.ts";

/** Where the listener reads from. */
export interface UpSources extends Pick<AdminSources, "renderMetrics" | "servesHost"> {
  readonly servers: () => Promise<ServersResponse>;
  /** Why not all servers are ready: each reason begins with the name of its server. */
  readonly notReadyReasons: () => Promise<readonly string[]>;
  readonly access: AdminAccess;
}

const ENDPOINTS = ["/", "/servers", "/metrics", "/healthz", "/readyz"];

export function createUpPages({ servers, notReadyReasons, renderMetrics, ...checks }: UpSources): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use(setSecurityHeaders);
  app.use((request, response, next) => {
    // Security: refuses a web page whose own name resolves to this address (DNS rebinding).
    if (checks.servesHost(request.headers.host, request.socket.localAddress)) next();
    else sendError(response, 403, "this Host is not served here; allow it with allowed-host");
  });
  app.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });
  app.get("/readyz", (_request, response, next) => {
    notReadyReasons().then((because) => {
      const ready = because.length === 0;
      response.status(ready ? 200 : 503).json({ ready, because } satisfies ReadyResponse);
    }, next);
  });
  app.use(createAccessChecks(checks.access).check);
  app.get("/servers", (_request, response, next) => {
    servers().then((list) => response.json(list satisfies ServersResponse), next);
  });
  app.get("/metrics", (request, response, next) => {
    renderMetrics(request.headers.accept).then(({ contentType, pieces }) => {
      response.setHeader("Content-Type", contentType);
      pipeline(Readable.from(pieces), response, () => undefined);
    }, next);
  });
  addConsole(app, UP_PAGE);
  app.use((request: Request, response: Response) => {
    response
      .status(404)
      .json({ error: `nothing is served at ${request.method} ${request.path}`, see: ENDPOINTS });
  });
  return app;
}
