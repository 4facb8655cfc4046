/** The questions about calls that several boards ask. */

import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { rate, select } from "./promql.ts";

/** Outcomes of calls that reached the server, or should have, and did not succeed. A denial is none of them. */
export const FAILED = 'outcome=~"tool_error|rpc_error|upstream_error|timeout"';
export const NOT_DENIED = 'outcome!="denied"';
/** What failures are a share of: a cancellation is the agent's own. */
export const SENT_TO_SERVER = 'outcome!~"denied|cancelled"';
export const DENIED_CALLS = 'outcome="denied"';
/** Denials that tell what an agent is after; limits, approvals, freezes and faults of our own do not. */
export const NOT_PERMITTED = 'reason=~"denied_by_rule|default_deny|hidden|condition|condition_unevaluable"';

export const AGENT_AND_TOOL = 'agent=~"$agent",tool=~"$tool",category=~"$category"';

/** Calls each second, summed by these labels, or all in one. */
export function callRate(matchers = "", by = ""): string {
  return `sum${by === "" ? "" : ` by (${by})`} (${rate(select(METRICS.toolCalls, matchers))})`;
}

/** Decisions each second of every kind of request, judged for a policy. */
export function decisionRate(matchers = "", window?: string): string {
  return `sum (${rate(select(METRICS.decisions, matchers), window)})`;
}

export const REFUSED_DECISIONS = 'effect=~"deny|ask"';
