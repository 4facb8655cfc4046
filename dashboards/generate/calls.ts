/** The questions about calls that several boards ask. */

import { METRICS } from "../../src/telemetry/metric-table.ts";
import { rate, select } from "./promql.ts";

/** Outcomes of calls that reached the server, or should have, and did not succeed. A denial is none of them. */
export const FAILED = 'outcome=~"tool_error|rpc_error|upstream_error|timeout"';
export const NOT_DENIED = 'outcome!="denied"';
export const DENIED_CALLS = 'outcome="denied"';
/** Denials that say nothing of what an agent is after: it may do this, only not now or not alone. */
export const WITHIN_RIGHTS = 'reason!~"rate_limited|budget_exceeded|approval_required|approval_rejected"';

export const PAIR = 'agent=~"$agent",tool=~"$tool",category=~"$category"';

/** Calls each second, summed by these labels, or all in one. */
export function callRate(matchers = "", by = ""): string {
  return `sum${by === "" ? "" : ` by (${by})`} (${rate(select(METRICS.toolCalls, matchers))})`;
}

/** Decisions each second of every kind of request, judged for a policy. */
export function decisionRate(matchers = "", window?: string): string {
  return `sum (${rate(select(METRICS.decisions, matchers), window)})`;
}

export const REFUSED_DECISIONS = 'effect=~"deny|ask"';
