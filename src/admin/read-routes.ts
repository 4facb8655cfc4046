/** What can be read on the admin listener: policies, tools, activity, limits, decisions. */

import type { Express } from "express";
import type { PolicyBinding } from "../config/settings/settings-shape.ts";
import type { LimitReadings } from "../enforcement/limits/limit-usage.ts";
import type { CategoryAssignment } from "../policy/category/category.ts";
import type { CompiledPolicy } from "../policy/document/compile.ts";
import type { Coverage } from "../policy/lint/coverage.ts";
import { printJson } from "../json/print-json.ts";
import type { Activity } from "../telemetry/recent/activity.ts";
import { type DecisionFilter, readDecisionFilter } from "../telemetry/recent/decision-filter.ts";
import type { DecisionStreams } from "../telemetry/recent/decision-streams.ts";
import type { DecisionEntry } from "../telemetry/recent/decision-entry.ts";
import type * as api from "./api.ts";

/** What the routes ask of the sidecar. */
export interface ReadSources {
  /** The name of the server that is guarded. */
  readonly server: string;
  readonly policies: () => ShownPolicies;
  /** The tools that the server has listed. */
  readonly tools: () => readonly ShownTool[];
  /** How the policy for everyone fits them; undefined when there is none. */
  readonly coverage: () => Coverage | undefined;
  readonly activity: Activity["read"];
  readonly limits: () => LimitReadings;
  readonly listDecisions: (limit: number, filter: DecisionFilter) => readonly DecisionEntry[];
  readonly decisionStreams: DecisionStreams;
  readonly findDecision: (id: string) => api.DecisionResponse | undefined;
}

export interface ShownPolicies {
  /** For agents without a binding; absent when such agents are denied. */
  readonly everyone: CompiledPolicy | undefined;
  readonly all: readonly CompiledPolicy[];
  /** Absent without a policy for everyone. */
  readonly file: string | undefined;
  readonly bindings: readonly PolicyBinding[];
  readonly loadedAtMs: number;
  readonly lastError: string | undefined;
}

export interface ShownTool {
  readonly name: string;
  readonly assignment: CategoryAssignment;
  readonly changes: api.ToolEntry["changed"];
  readonly isUnpinned: boolean;
}

const MOST_DECISIONS = 1_000;
const MOST_IN_A_PIECE = 100;

/** Adds the routes. */
export function addReadRoutes(app: Express, sources: ReadSources): void {
  app.get("/policy", (_request, response) => {
    response.json(describePolicies(sources.policies()));
  });
  app.get("/tools", (_request, response) => {
    response.json(describeTools(sources));
  });
  app.get("/activity", (_request, response) => {
    response.json({ server: sources.server, ...sources.activity() } satisfies api.ActivityResponse);
  });
  app.get("/limits", (_request, response) => {
    const { keys, fullest } = sources.limits();
    response.json({ keys, limits: fullest } satisfies api.LimitsResponse);
  });
  addDecisions(app, sources);
}

function addDecisions(app: Express, sources: ReadSources): void {
  app.get("/decisions", (request, response) => {
    const { filter, problem } = readDecisionFilter(request.query, ["limit"]);
    const limit = Number(request.query["limit"] ?? 100);
    const isLimit = isWithin(limit, MOST_DECISIONS);
    if (problem !== undefined) response.status(400).json({ error: problem });
    else if (!isLimit)
      response.status(400).json({ error: `limit: must be a whole number from 1 to ${MOST_DECISIONS}` });
    else response.json({ decisions: sources.listDecisions(limit, filter) } satisfies api.DecisionsResponse);
  });
  app.get("/decisions/stream", (request, response) => {
    const { filter, problem } = readDecisionFilter(request.query, ["most"]);
    const { most } = request.query;
    const isMost = most === undefined || isWithin(Number(most), MOST_IN_A_PIECE);
    if (filter === undefined) response.status(400).json({ error: problem });
    else if (!isMost)
      response.status(400).json({ error: `most: must be a whole number from 1 to ${MOST_IN_A_PIECE}` });
    else if (
      !sources.decisionStreams.open(response, {
        filter,
        ...(most !== undefined && { maxPerPiece: Number(most) }),
      })
    )
      response.status(503).set("Retry-After", "10").json({ error: "too many streams are open" });
  });
  app.get("/decisions/:id", (request, response) => {
    const decision = sources.findDecision(request.params.id);
    if (decision !== undefined) response.json(decision);
    else response.status(404).json({ error: "no decision with this id is remembered" });
  });
}

function isWithin(number: number, most: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= most;
}

function describePolicies({
  everyone,
  all,
  file,
  bindings,
  loadedAtMs,
  lastError,
}: ShownPolicies): api.PolicyResponse {
  return {
    file: file ?? null,
    loaded_at: new Date(loadedAtMs).toISOString(),
    last_error: lastError ?? null,
    ...(everyone === undefined ? { digest: null } : describePolicy(everyone)),
    agents: bindings,
    all: all.map(({ digest, mode }) => ({ digest, mode })),
  };
}

function describePolicy({ digest, mode, default: effect, rules, document }: CompiledPolicy) {
  const normalForm: unknown = JSON.parse(printJson(document.json));
  return { digest, mode, default: effect, rules, document: normalForm };
}

function describeTools({ tools, policies, coverage }: ReadSources): api.ToolsResponse {
  const { everyone } = policies();
  const { unknown, uncovered, findings } = coverage() ?? { unknown: [], uncovered: undefined, findings: [] };
  return {
    tools: tools().map(({ name, assignment, changes, isUnpinned }) => ({
      name,
      ...assignment,
      covered: uncovered?.includes(name) === false,
      hidden: everyone?.isHidden(name, assignment) !== false,
      changed: changes,
      pin_broken: isUnpinned,
    })),
    // Before the first tools/list nobody can say.
    unknown_to_server: unknown,
    findings,
  };
}
