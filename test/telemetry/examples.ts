/** Requests, judgements and endings as the tests of telemetry need them. */

import type { Ending, DecisionRecord, Observer } from "../../src/enforcement/observer.ts";
import type { Agent, Request, RequestedTool } from "../../src/enforcement/request.ts";
import type { CheckedArguments, Denial } from "../../src/policy/decision.ts";
import type { Category } from "../../src/policy/category/category.ts";
import type { Charge, Limit } from "../../src/policy/limit.ts";
import type { Decisions } from "../../src/telemetry/recent/decision-buffer.ts";
import type { DecisionEntry } from "../../src/telemetry/recent/decision-entry.ts";
import type { DecisionFilter } from "../../src/telemetry/recent/decision-filter.ts";
import type { KnownTool } from "../../src/telemetry/metrics/state-metrics.ts";

let lastId = 0;

export function exampleTool(name: string, overrides: Partial<RequestedTool> = {}): RequestedTool {
  return {
    name,
    isKnown: true,
    category: { category: "execute", source: "policy", confidence: 1 },
    ...overrides,
  };
}

/** A tool as the catalog reports it to the metrics. */
export function exampleKnownTool(
  name: string,
  category: Category,
  rest: { readonly confidence?: number; readonly isCovered?: boolean } = {},
): KnownTool {
  const { confidence = 0.95, isCovered = false } = rest;
  return { name, assignment: { category, source: "heuristic", confidence }, isCovered };
}

export function exampleAgent(name: string): Agent {
  return { name, source: "jwt", verified: true };
}

export function exampleRequest(overrides: Partial<Request> = {}): Request {
  lastId += 1;
  return {
    id: `request-${lastId}`,
    receivedAtMs: Date.UTC(2026, 6, 1, 12),
    method: "tools/call",
    tool: exampleTool("ExecuteQuery"),
    agent: exampleAgent("planner"),
    era: "modern",
    rpcId: "7",
    transport: "http",
    bytes: 350,
    ...overrides,
  };
}

/** A request that is no call. */
export function exampleList(overrides: Partial<Request> = {}): Request {
  const { tool: _tool, ...rest } = exampleRequest({ method: "tools/list", ...overrides });
  return rest;
}

export const ALLOWED: DecisionRecord = {
  decision: { charges: [], unevaluable: [] },
  policyDigest: "sha256:abc",
};

export function denied(overrides: Partial<Denial> = {}): DecisionRecord {
  const denial: Denial = {
    effect: "deny",
    reason: "rate_limited",
    rule: "/tools/ExecuteQuery/limits/per-minute",
    mode: "enforce",
    ...overrides,
  };
  return { ...ALLOWED, decision: { ...ALLOWED.decision, denial } };
}

/** A decision about arguments that do not fit. */
export function misfit(overrides: Partial<CheckedArguments> = {}): DecisionRecord {
  const text = "args.force must be a boolean, got a string";
  const checked: CheckedArguments = {
    check: "observe",
    cause: "invalid",
    path: "args.force",
    text,
    ...overrides,
  };
  return { ...ALLOWED, decision: { ...ALLOWED.decision, arguments: checked } };
}

export const SUCCESS: Ending = {
  outcome: "success",
  totalMs: 30,
  upstreamMs: 28,
  resultBytes: 900,
  httpStatus: 200,
};
export const DENIED: Ending = { outcome: "denied", totalMs: 0.2, resultBytes: 300 };

/** A request from its start to its end, as enforcement tells it. */
export function observe(
  observer: Observer,
  request: Request,
  judgement: DecisionRecord = ALLOWED,
  ending: Ending = SUCCESS,
): void {
  observer.requestStarted?.(request);
  observer.requestDecided?.(request, judgement);
  if (ending.upstreamMs !== undefined) observer.requestSent?.(request);
  observer.requestEnded?.(request, ending, judgement);
}

/** The newest decisions that match, newest first. */
export function latest(
  decisions: Decisions,
  limit: number,
  filter: DecisionFilter = {},
): readonly DecisionEntry[] {
  return [...decisions.search({ limit, filter })].flat();
}

/** A charge of one limit as its row keeps it. */
export function exampleCharge(counter: string, rule: string, amount: number): Charge {
  const limit: Limit = {
    id: rule,
    counter,
    rule,
    window: { unit: "month" },
    max: 10,
    scope: "agent",
    algorithm: "aligned",
    measures: "calls",
    mode: "enforce",
  };
  return { limit, key: "", amount };
}
