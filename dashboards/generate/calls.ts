/** Matchers and rates of calls that several boards use. */

import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { rate, ratio, select } from "./promql.ts";

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

const ENDINGS = {
  all: "",
  denied: 'error_type="policy_denied"',
  failed: 'error_type=~"tool_error|rpc_error|upstream_error|timeout"',
  sent: 'error_type!~"policy_denied|cancelled"',
} as const;

/**
 * Tool calls per second of all agents together, from the histogram of their durations, which is not kept by agent: in a large fleet a
 * twentieth of the series of `toolCalls`. See docs/decisions/0171-totals-from-the-durations.md.
 */
export function endedRate(by = "", ending: keyof typeof ENDINGS = "all"): string {
  const matchers = ['mcp_method_name="tools/call"', ENDINGS[ending]].filter(Boolean).join(",");
  return `sum by (${by}) (${rate(select(METRICS.serverDuration, matchers, "_count"))})`;
}

/** Share of the calls that passed the policy and failed. */
export function failedShare(by = ""): string {
  return ratio(endedRate(by, "failed"), endedRate(by, "sent"));
}

/** Tool calls per second by the label `outcome`, as `toolCalls` has it. */
export function rateByOutcome(): string {
  const names = [
    ["success", ""],
    ["$1", "(.+)"],
    ["denied", "policy_denied"],
  ];
  return names.reduce(
    (expr, [outcome, pattern]) =>
      `label_replace(${expr}, "outcome", "${outcome}", "error_type", "${pattern}")`,
    endedRate("error_type"),
  );
}
