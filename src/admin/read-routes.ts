/** Read routes of the admin listener: policies, tools, activity, limits, and the decisions. */

import type { Express } from "express";
import type { PolicyBinding } from "../config/settings/binding-settings.ts";
import type { LimitReadings } from "../enforcement/limits/limit-usage.ts";
import type { CategoryAssignment } from "../policy/category/category.ts";
import type { CompiledPolicy } from "../policy/document/compile.ts";
import type { Coverage } from "../policy/lint/coverage.ts";
import { printJson } from "../json/print-json.ts";
import type { Activity } from "../telemetry/recent/activity.ts";
import { addDecisionRoutes, type DecisionSources } from "./decision-routes.ts";
import type * as api from "./api.ts";

/** Where the routes read from. */
export interface ReadSources extends DecisionSources {
  /** Name of the upstream server. */
  readonly server: string;
  readonly policies: () => ShownPolicies;
  /** Tools that the server has listed. */
  readonly tools: () => readonly ShownTool[];
  /** How far the policy for everyone matches the tools; undefined without such a policy. */
  readonly coverage: () => Coverage | undefined;
  readonly activity: Activity["read"];
  readonly limits: () => LimitReadings;
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

export function addReadRoutes(app: Express, sources: ReadSources): void {
  app.get("/policy", (_request, response) => {
    response.json(policyResponse(sources.policies()));
  });
  app.get("/tools", (_request, response) => {
    response.json(toolsResponse(sources));
  });
  app.get("/activity", (_request, response) => {
    response.json({ server: sources.server, ...sources.activity() } satisfies api.ActivityResponse);
  });
  app.get("/limits", (_request, response) => {
    const { keys, fullest } = sources.limits();
    response.json({ keys, limits: fullest } satisfies api.LimitsResponse);
  });
  addDecisionRoutes(app, sources);
}

function policyResponse({
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
    ...(everyone === undefined ? { digest: null } : policyFields(everyone)),
    agents: bindings,
    all: all.map(({ digest, mode }) => ({ digest, mode })),
  };
}

function policyFields({ digest, mode, default: effect, rules, document }: CompiledPolicy) {
  const normalForm: unknown = JSON.parse(printJson(document.json));
  return { digest, mode, default: effect, rules, document: normalForm };
}

function toolsResponse({ tools, policies, coverage }: ReadSources): api.ToolsResponse {
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
    unknown_to_server: unknown,
    findings,
  };
}
