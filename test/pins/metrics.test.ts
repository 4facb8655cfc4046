/** The metrics as users, dashboards and alerts know them: changing one is a changelog entry. */

import { expect, it } from "vitest";
import { APPROVAL_STATES } from "../../src/enforcement/approvals/approval.ts";
import { createMetrics } from "../../src/telemetry/metrics/metrics.ts";
import { METRICS, type MetricRow } from "../../src/telemetry/metrics/metric-definitions.ts";
import * as words from "../../src/telemetry/metrics/label-values.ts";

const PINNED = [
  "tollgate_tool_calls_total counter server tool category agent outcome",
  "tollgate_tool_denials_total counter server tool category agent reason mode",
  "tollgate_decisions_total counter server effect reason",
  "mcp_server_operation_duration_seconds histogram server mcp_method_name gen_ai_tool_name error_type network_transport",
  "mcp_client_operation_duration_seconds histogram server mcp_method_name gen_ai_tool_name error_type network_transport",
  "tollgate_overhead_seconds histogram server",
  "tollgate_request_bytes histogram server tool",
  "tollgate_result_bytes histogram server tool",
  "tollgate_tools_list_bytes gauge server",
  "tollgate_messages_total counter server direction method",
  "tollgate_messages_refused_total counter server cause",
  "tollgate_rule_hits_total counter server rule effect",
  "tollgate_conditions_unevaluable_total counter server rule cause",
  "tollgate_arguments_invalid_total counter server tool cause check",
  "tollgate_limit_utilization_ratio gauge server tool counter scope",
  "tollgate_limit_keys gauge server",
  "tollgate_limit_store_errors_total counter server cause",
  "tollgate_fail_open_total counter server cause",
  "tollgate_approvals_pending gauge server",
  "tollgate_approvals_total counter server state",
  "tollgate_frozen gauge server kind",
  "tollgate_inflight_requests gauge server transport",
  "tollgate_sessions gauge server transport",
  "tollgate_streams gauge server transport",
  "tollgate_upstream_up gauge server",
  "tollgate_upstream_restarts_total counter server",
  "tollgate_upstream_lines_dropped_total counter server cause",
  "tollgate_upstream_exposed gauge server",
  "tollgate_tools gauge server category",
  "tollgate_tool_info gauge server tool category source confidence_band covered",
  "tollgate_tool_definition_changes_total counter server tool grade",
  "tollgate_policy_unknown_tools gauge server",
  "tollgate_policy_uncovered_tools gauge server",
  "tollgate_policy_info gauge digest default mode",
  "tollgate_policy_last_reload_successful gauge",
  "tollgate_policy_last_reload_success_timestamp_seconds gauge",
  "tollgate_policy_reloads_total counter result",
  "tollgate_admin_requests_refused_total counter cause",
  "tollgate_audit_dropped_total counter cause",
  "tollgate_label_overflow_total counter label",
  "tollgate_trace_export_failures_total counter cause",
  "tollgate_metric_export_failures_total counter cause",
  "tollgate_build_info gauge version node",
];

const PINNED_PROCESS = [
  "process_cpu_seconds_total counter",
  "process_start_time_seconds gauge",
  "process_resident_memory_bytes gauge",
  "process_open_fds gauge",
  "process_max_fds gauge",
  "nodejs_eventloop_lag_p99_seconds gauge",
  "nodejs_heap_size_total_bytes gauge",
  "nodejs_heap_size_used_bytes gauge",
  "nodejs_external_memory_bytes gauge",
  "nodejs_gc_duration_seconds histogram",
];

it("declares these metrics with these labels", () => {
  const rows: readonly MetricRow[] = Object.values(METRICS);
  expect(rows.map(({ name, type, labels }) => [name, type, ...labels].join(" "))).toEqual(PINNED);
});

it("exports these metrics and no others", async () => {
  const metrics = createMetrics({ server: "s", version: "0", nodeVersion: "v0", agents: [] });
  const { body } = await metrics.render(undefined);
  const exported = Array.from(body.matchAll(/^# TYPE (\S+ \S+)$/gm), ([, declaration]) => declaration);
  const pinned = PINNED.map((line) => line.split(" ").slice(0, 2).join(" "));
  expect(exported).toEqual([...pinned, ...PINNED_PROCESS]);
});

it("uses these words as label values", () => {
  expect(words.TRANSPORTS).toEqual(["http", "stdio"]);
  expect(words.DIRECTIONS).toEqual(["downstream", "upstream"]);
  expect(words.STORE_CAUSES).toEqual(["connection", "timeout", "reply", "other"]);
  expect(APPROVAL_STATES).toEqual(["requested", "approved", "rejected", "expired", "used"]);
  expect(words.FREEZE_KINDS).toEqual(["all", "agent", "tool"]);
  expect(words.CHANGE_GRADES).toEqual(["description", "schema", "annotations"]);
  expect(words.RELOAD_RESULTS).toEqual(["success", "failure"]);
  expect(words.LABEL_BOUNDS).toEqual(["agent", "tool", "rule", "pair", "user"]);
  expect([words.NO_REASON, words.RESPONSE_METHOD]).toEqual(["none", "response"]);
});
