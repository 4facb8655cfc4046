/** The pages of the admin listener: metrics, health, and what is in force. It reads; it decides nothing. */

import express, { type Express, type Request, type Response } from "express";
import { addControl, type ControlSources } from "./admin/control.ts";
import { type ControlRules, requireControl, requireControlToChange } from "./admin/token.ts";
import type { PolicyBinding } from "./config/policy-set.ts";
import type { CategoryAssignment } from "./policy/category.ts";
import type { Policy } from "./policy/compile.ts";
import type { Coverage } from "./policy/coverage.ts";
import { printJson } from "./policy/print-json.ts";
import { type DecisionFilter, readDecisionFilter } from "./telemetry/decision-filter.ts";
import type { DecisionStreams } from "./telemetry/decision-streams.ts";

/** What the listener shows; supplied by the composition root. */
export interface AdminSources {
  /** Metrics in the form that `accept` asks for. */
  readonly renderMetrics: (accept: string | undefined) => Promise<{ contentType: string; body: string }>;
  /** Why the sidecar is not ready; empty when it is. */
  readonly notReadyBecause: () => readonly string[];
  readonly policies: () => ShownPolicies;
  /** The tools that the server has listed. */
  readonly tools: () => readonly ShownTool[];
  /** How the policy for everyone fits them; undefined when there is none. */
  readonly coverage: () => Coverage | undefined;
  readonly control: ControlSources;
  readonly listDecisions: (limit: number, filter: DecisionFilter) => readonly object[];
  readonly decisionStreams: DecisionStreams;
  readonly findDecision: (id: string) => object | undefined;
  /** Whether a request with this Host, which came in on this address, is served. */
  readonly servesHost: (host: string | undefined, localAddress: string | undefined) => boolean;
  readonly mayControl: ControlRules;
}

export interface ShownPolicies {
  /** For agents without a binding; absent when such agents are denied. */
  readonly everyone: Policy | undefined;
  readonly all: readonly Policy[];
  /** Absent without a policy for everyone. */
  readonly file: string | undefined;
  readonly bindings: readonly PolicyBinding[];
  readonly loadedAtMs: number;
  readonly lastError: string | undefined;
}

export interface ShownTool {
  readonly name: string;
  readonly assignment: CategoryAssignment;
}

export function createAdminPages(sources: AdminSources): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use((request, response, next) => {
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Cache-Control", "no-store");
    // Security: a web page that points its own name at this address is refused.
    if (sources.servesHost(request.headers.host, request.socket.localAddress)) next();
    else response.status(403).json({ error: "this Host is not served here; allow it with --allowed-host" });
  });
  app.use(requireControlToChange(sources.mayControl));
  addHealth(app, sources);
  addReading(app, sources);
  // What waits for a person is for those who may decide it.
  app.use(["/approvals", "/freeze"], requireControl(sources.mayControl));
  addControl(app, sources.control);
  addDecisions(app, sources);
  app.use((request: Request, response: Response) => {
    response
      .status(404)
      .json({ error: `nothing is served at ${request.method} ${request.path}`, see: ENDPOINTS });
  });
  return app;
}

const ENDPOINTS = [
  "/metrics",
  "/healthz",
  "/readyz",
  "/policy",
  "/tools",
  "/decisions",
  "/decisions/stream",
  "/decisions/:id",
  "/approvals",
  "/freeze",
];

function addHealth(app: Express, sources: AdminSources): void {
  app.get("/metrics", (request, response, next) => {
    sources.renderMetrics(request.headers.accept).then(({ contentType, body }) => {
      response.setHeader("Content-Type", contentType);
      response.end(body);
    }, next);
  });
  app.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });
  app.get("/readyz", (_request, response) => {
    const because = sources.notReadyBecause();
    response.status(because.length === 0 ? 200 : 503).json({ ready: because.length === 0, because });
  });
}

const MOST_DECISIONS = 1_000;

function addReading(app: Express, sources: AdminSources): void {
  app.get("/policy", (_request, response) => {
    response.json(describePolicies(sources.policies()));
  });
  app.get("/tools", (_request, response) => {
    response.json(describeTools(sources));
  });
}

function addDecisions(app: Express, sources: AdminSources): void {
  app.get("/decisions", (request, response) => {
    const { filter, problem } = readDecisionFilter(request.query, ["limit"]);
    const limit = Number(request.query["limit"] ?? 100);
    const isLimit = Number.isInteger(limit) && limit > 0 && limit <= MOST_DECISIONS;
    if (problem !== undefined) response.status(400).json({ error: problem });
    else if (isLimit) response.json({ decisions: sources.listDecisions(limit, filter) });
    else response.status(400).json({ error: `limit: must be a whole number from 1 to ${MOST_DECISIONS}` });
  });
  app.get("/decisions/stream", (request, response) => {
    const { filter, problem } = readDecisionFilter(request.query, []);
    if (problem !== undefined) response.status(400).json({ error: problem });
    else if (!sources.decisionStreams.open(response, filter))
      response.status(503).set("Retry-After", "10").json({ error: "too many streams are open" });
  });
  app.get("/decisions/:id", (request, response) => {
    const decision = sources.findDecision(request.params.id);
    if (decision !== undefined) response.json(decision);
    else response.status(404).json({ error: "no decision with this id is remembered" });
  });
}

function describePolicies({ everyone, all, file, bindings, loadedAtMs, lastError }: ShownPolicies): object {
  return {
    file: file ?? null,
    loaded_at: new Date(loadedAtMs).toISOString(),
    last_error: lastError ?? null,
    ...(everyone === undefined ? { digest: null } : describePolicy(everyone)),
    agents: bindings,
    all: all.map(({ digest, mode }) => ({ digest, mode })),
  };
}

function describePolicy({ digest, mode, default: effect, rules, document }: Policy): object {
  const normalForm: unknown = JSON.parse(printJson(document.json));
  return { digest, mode, default: effect, rules, document: normalForm };
}

function describeTools({ tools, policies, coverage }: AdminSources): object {
  const { everyone } = policies();
  const { unknown, uncovered, findings } = coverage() ?? { unknown: [], uncovered: undefined, findings: [] };
  return {
    tools: tools().map(({ name, assignment }) => ({
      name,
      ...assignment,
      covered: uncovered?.includes(name) === false,
      hidden: everyone?.isHidden(name, assignment) !== false,
    })),
    // Before the first tools/list nobody can say.
    unknown_to_server: unknown,
    findings,
  };
}
