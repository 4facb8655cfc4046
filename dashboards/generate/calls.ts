/** Matchers and rates of calls that several boards use. */

import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { rate, select } from "./promql.ts";

/** Outcomes of failed calls that passed the policy. A denial is not a failure. */
export const FAILED = 'outcome=~"tool_error|rpc_error|upstream_error|timeout"';
export const NOT_DENIED = 'outcome!="denied"';
/** Denominator of failure ratios; a cancellation is the agent's own. */
export const SENT_TO_SERVER = 'outcome!~"denied|cancelled"';
export const DENIED_CALLS = 'outcome="denied"';
/** Denials that show what an agent attempts. Limits, approvals, freezes and faults of Tollgate do not. */
export const NOT_PERMITTED =
  'reason=~"denied_by_rule|default_deny|hidden|look_alike|condition|condition_unevaluable"';

export const AGENT_AND_TOOL = 'agent=~"$agent",tool=~"$tool",category=~"$category"';

/** Calls per second, summed by these labels, or in total. */
export function callRate(matchers = "", by = ""): string {
  return `sum${by === "" ? "" : ` by (${by})`} (${rate(select(METRICS.toolCalls, matchers))})`;
}

/** Policy decisions per second, for every kind of request. */
export function decisionRate(matchers = "", window?: string): string {
  return `sum (${rate(select(METRICS.decisions, matchers), window)})`;
}

export const REFUSED_DECISIONS = 'effect=~"deny|ask"';
