/** The pages of the admin listener: metrics, health, and what is in force. It reads; it decides nothing. */

import { pipeline, Readable } from "node:stream";
import express, { type Express, type Request, type Response } from "express";
import type { ReadyResponse } from "./api.ts";
import { addConsole, setSecurityHeaders } from "./console.ts";
import { addControlRoutes, type ControlActions } from "./control-routes.ts";
import { addReadRoutes, type ReadSources } from "./read-routes.ts";
import { type ControlAccess, requireControl, requireControlToChange } from "./require-token.ts";

/** What the listener shows; supplied by the composition root. */
export interface AdminSources extends ReadSources {
  /** Metrics in the form that `accept` asks for. */
  readonly renderMetrics: (
    accept: string | undefined,
  ) => Promise<{ contentType: string; pieces: readonly string[] }>;
  /** Why the sidecar is not ready; empty when it is. */
  readonly notReadyReasons: () => readonly string[];
  readonly control: ControlActions;
  /** Whether a request with this Host, which came in on this address, is served. */
  readonly servesHost: (host: string | undefined, localAddress: string | undefined) => boolean;
  readonly controlAccess: ControlAccess;
}

export function createAdminPages(sources: AdminSources): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use(setSecurityHeaders);
  app.use((request, response, next) => {
    // Security: a web page that points its own name at this address is refused.
    if (sources.servesHost(request.headers.host, request.socket.localAddress)) next();
    else response.status(403).json({ error: "this Host is not served here; allow it with --allowed-host" });
  });
  app.use(requireControlToChange(sources.controlAccess));
  addHealth(app, sources);
  addReadRoutes(app, sources);
  // What waits for a person is for those who may decide it.
  app.use("/approvals", requireControl(sources.controlAccess));
  addControlRoutes(app, sources.control);
  addConsole(app);
  app.use((request: Request, response: Response) => {
    response
      .status(404)
      .json({ error: `nothing is served at ${request.method} ${request.path}`, see: ENDPOINTS });
  });
  return app;
}

const ENDPOINTS = [
  "/",
  "/metrics",
  "/healthz",
  "/readyz",
  "/policy",
  "/tools",
  "/activity",
  "/limits",
  "/decisions",
  "/decisions/stream",
  "/decisions/:id",
  "/approvals",
  "/freeze",
];

function addHealth(app: Express, sources: AdminSources): void {
  app.get("/metrics", (request, response, next) => {
    sources.renderMetrics(request.headers.accept).then(({ contentType, pieces }) => {
      response.setHeader("Content-Type", contentType);
      // At the scraper's pace: the event loop turns in between. Who leaves early has had enough.
      pipeline(Readable.from(pieces), response, () => undefined);
    }, next);
  });
  app.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });
  app.get("/readyz", (_request, response) => {
    const because = sources.notReadyReasons();
    const ready = because.length === 0;
    response.status(ready ? 200 : 503).json({ ready, because } satisfies ReadyResponse);
  });
}
