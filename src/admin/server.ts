/** The admin listener's application: metrics, health, read and control routes, and the console. */

import { pipeline, Readable } from "node:stream";
import express, { type Express, type Request, type Response } from "express";
import { type AdminAccess, createAccessChecks } from "./access.ts";
import type { ReadyResponse } from "./api.ts";
import { addConsole, setSecurityHeaders } from "./console.ts";
import type { ControlActions } from "./control-actions.ts";
import { addControlRoutes } from "./control-routes.ts";
import { addLabelRoutes, type LabelActions } from "./label-routes.ts";
import { addReadRoutes, type ReadSources } from "./read-routes.ts";
import { sendError } from "./send-error.ts";
import { addTryRoute, type TryPolicy } from "./try-route.ts";

/** Where the listener reads from; supplied by the composition root. */
export interface AdminSources extends ReadSources {
  /** Metrics in the format that the `Accept` header asks for. */
  readonly renderMetrics: (
    accept: string | undefined,
  ) => Promise<{ contentType: string; pieces: readonly (string | Uint8Array)[] }>;
  /** Why the sidecar is not ready; empty when it is. */
  readonly notReadyReasons: () => readonly string[];
  readonly control: ControlActions;
  readonly labels: LabelActions;
  readonly tryPolicy: TryPolicy;
  /** Whether a request with this Host, received on this local address, is served. */
  readonly servesHost: (host: string | undefined, localAddress: string | undefined) => boolean;
  readonly access: AdminAccess;
}

export function createAdminPages(sources: AdminSources): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use(setSecurityHeaders);
  app.use((request, response, next) => {
    // Security: refuses a web page whose own name resolves to this address (DNS rebinding).
    if (sources.servesHost(request.headers.host, request.socket.localAddress)) next();
    else sendError(response, 403, "this Host is not served here; allow it with --allowed-host");
  });
  // Health asks for no credential: probes have none.
  addHealth(app, sources);
  const { check, control, operatorOf } = createAccessChecks(sources.access);
  app.use(check);
  addMetrics(app, sources);
  addReadRoutes(app, sources);
  // Security: pending approvals are readable only to callers that may decide them.
  app.use("/approvals", control);
  addTryRoute(app, sources.tryPolicy);
  addControlRoutes(app, sources.control, operatorOf);
  addLabelRoutes(app, sources.labels, operatorOf);
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
  "/policy/try",
  "/tools",
  "/tools/label",
  "/activity",
  "/limits",
  "/decisions",
  "/decisions/stream",
  "/decisions/:id",
  "/approvals",
  "/freeze",
];

function addMetrics(app: Express, sources: AdminSources): void {
  app.get("/metrics", (request, response, next) => {
    sources.renderMetrics(request.headers.accept).then(({ contentType, pieces }) => {
      response.setHeader("Content-Type", contentType);
      // Piece by piece, so that the event loop runs in between. Ignores a scraper that disconnects.
      pipeline(Readable.from(pieces), response, () => undefined);
    }, next);
  });
}

function addHealth(app: Express, sources: AdminSources): void {
  app.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });
  app.get("/readyz", (_request, response) => {
    const because = sources.notReadyReasons();
    const ready = because.length === 0;
    response.status(ready ? 200 : 503).json({ ready, because } satisfies ReadyResponse);
  });
}
