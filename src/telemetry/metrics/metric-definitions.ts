/** The table that declares every metric of Tollgate: a new metric is one row here. */

interface Row {
  readonly name: string;
  readonly labels: readonly string[];
  readonly help: string;
  /** A question in PromQL that this metric answers. */
  readonly example: string;
}

/** A metric whose series hold one number each. */
export interface NumberRow extends Row {
  readonly type: "counter" | "gauge";
}

export interface HistogramRow extends Row {
  readonly type: "histogram";
  /** Upper bounds, in the unit that the name ends in. */
  readonly buckets: readonly number[];
  /** The setting that replaces the bounds. */
  readonly scale: keyof typeof SCALES;
}

export type MetricRow = NumberRow | HistogramRow;

type Words = Pick<Row, "help" | "example">;

const OPERATION_LABELS = ["server", "mcp_method_name", "gen_ai_tool_name", "error_type", "network_transport"];
/** Up to an hour, the longest that a call may last; as many as before, since each is a series. */
const OPERATION_SECONDS = [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120, 600, 3600];
const OVERHEAD_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];
const MESSAGE_BYTES = [256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216];
const SCALES = {
  operationSeconds: OPERATION_SECONDS,
  overheadSeconds: OVERHEAD_SECONDS,
  messageBytes: MESSAGE_BYTES,
};

export const METRICS = {
  toolCalls: counter("tollgate_tool_calls_total", ["server", "tool", "category", "agent", "outcome"], {
    help: "Tool calls that ended, by how they ended. A denial is an outcome of its own and no failure of the tool.",
    example: 'sum by (agent, tool) (increase(tollgate_tool_calls_total{category="execute"}[1h]))',
  }),
  toolDenials: counter(
    "tollgate_tool_denials_total",
    ["server", "tool", "category", "agent", "reason", "mode"],
    {
      help: "Tool calls that the policy denied (mode enforce) or would have denied (mode shadow), by reason.",
      example: 'sum by (agent, tool, reason) (increase(tollgate_tool_denials_total{mode="enforce"}[1h]))',
    },
  ),
  decisions: counter("tollgate_decisions_total", ["server", "effect", "reason"], {
    help: "Decisions by effect and reason; the reason of an allowed call is none.",
    example:
      'sum(rate(tollgate_decisions_total{effect=~"deny|ask"}[5m])) / sum(rate(tollgate_decisions_total[5m]))',
  }),
  serverDuration: histogram("mcp_server_operation_duration_seconds", OPERATION_LABELS, "operationSeconds", {
    help: "Duration of a request as the agent sees it, from its last byte to the last byte of the answer.",
    example:
      "histogram_quantile(0.95, sum by (le, gen_ai_tool_name) (rate(mcp_server_operation_duration_seconds_bucket[5m])))",
  }),
  clientDuration: histogram("mcp_client_operation_duration_seconds", OPERATION_LABELS, "operationSeconds", {
    help: "The part of a request's duration that the guarded MCP server had.",
    example:
      "histogram_quantile(0.95, sum by (le, gen_ai_tool_name) (rate(mcp_client_operation_duration_seconds_bucket[5m])))",
  }),
  overhead: histogram("tollgate_overhead_seconds", ["server"], "overheadSeconds", {
    help: "What Tollgate adds to a request: its duration without the part that the guarded MCP server had.",
    example: "histogram_quantile(0.99, sum by (le) (rate(tollgate_overhead_seconds_bucket[5m])))",
  }),
  requestBytes: histogram("tollgate_request_bytes", ["server", "tool"], "messageBytes", {
    help: "Length of a tool call's message.",
    example: "histogram_quantile(0.99, sum by (le, tool) (rate(tollgate_request_bytes_bucket[1h])))",
  }),
  resultBytes: histogram("tollgate_result_bytes", ["server", "tool"], "messageBytes", {
    help: "Length of the answer to a tool call, as it went to the agent.",
    example: "sum by (tool) (rate(tollgate_result_bytes_sum[5m]))",
  }),
  toolsListBytes: gauge("tollgate_tools_list_bytes", ["server"], {
    help: "Length of the latest tools/list answer, which every agent pays for in context.",
    example: "max by (server) (tollgate_tools_list_bytes)",
  }),
  messages: counter("tollgate_messages_total", ["server", "direction", "method"], {
    help: "Messages that passed, by the side they came from; answers count as method response.",
    example: "sum by (direction, method) (rate(tollgate_messages_total[5m]))",
  }),
  messagesRefused: counter("tollgate_messages_refused_total", ["server", "cause"], {
    help: "Messages that Tollgate answered itself and never forwarded, by what was wrong with them.",
    example: "sum by (cause) (increase(tollgate_messages_refused_total[1h])) > 0",
  }),
  ruleHits: counter("tollgate_rule_hits_total", ["server", "rule", "effect"], {
    help: "Decisions by the rule that made them.",
    example: "sum by (rule) (increase(tollgate_rule_hits_total[30d])) == 0",
  }),
  conditionsUnevaluable: counter("tollgate_conditions_unevaluable_total", ["server", "rule", "cause"], {
    help: "Conditions that could not be evaluated, because the argument was missing, of another type, no exact number, too large, or beside a look-alike.",
    example: "sum by (rule, cause) (increase(tollgate_conditions_unevaluable_total[1d])) > 0",
  }),
  argumentsInvalid: counter("tollgate_arguments_invalid_total", ["server", "tool", "cause", "check"], {
    help: "Calls whose arguments did not fit the tool's input schema, or could not be held against it; observe lets them pass.",
    example: "sum by (tool, cause, check) (increase(tollgate_arguments_invalid_total[1d])) > 0",
  }),
  limitUtilization: gauge("tollgate_limit_utilization_ratio", ["server", "tool", "counter", "scope"], {
    help: "How full a limit is, for its fullest key; 1 refuses the next call. Read at scrape.",
    example: "max by (tool, counter) (tollgate_limit_utilization_ratio) > 0.8",
  }),
  limitKeys: gauge("tollgate_limit_keys", ["server"], {
    help: "Keys that limits hold counts for at present.",
    example: "max by (server) (tollgate_limit_keys)",
  }),
  limitStoreErrors: counter("tollgate_limit_store_errors_total", ["server", "cause"], {
    help: "Errors of the store that holds the limits' counters.",
    example: "sum by (cause) (increase(tollgate_limit_store_errors_total[5m])) > 0",
  }),
  failOpen: counter("tollgate_fail_open_total", ["server", "cause"], {
    help: "Calls that passed without their limits being checked, because the settings ask for it when the store is down.",
    example: "sum(increase(tollgate_fail_open_total[5m])) > 0",
  }),
  approvalsPending: gauge("tollgate_approvals_pending", ["server"], {
    help: "Approvals that wait for a person.",
    example: "max by (server) (tollgate_approvals_pending)",
  }),
  approvals: counter("tollgate_approvals_total", ["server", "state"], {
    help: "Approvals by the state they came into.",
    example: "sum by (state) (increase(tollgate_approvals_total[1d]))",
  }),
  frozen: gauge("tollgate_frozen", ["server", "kind"], {
    help: "What is frozen at present: 1 when everything is, else the number of frozen agents or tools.",
    example: "max by (server, kind) (tollgate_frozen) > 0",
  }),
  inflight: gauge("tollgate_inflight_requests", ["server", "transport"], {
    help: "Requests that were accepted and have not ended; a call that became a task ends when its task is seen to end.",
    example: "sum by (transport) (tollgate_inflight_requests)",
  }),
  sessions: gauge("tollgate_sessions", ["server", "transport"], {
    help: "Sessions of the legacy protocol revisions that are open.",
    example: "sum by (transport) (tollgate_sessions)",
  }),
  streams: gauge("tollgate_streams", ["server", "transport"], {
    help: "Streams that are open.",
    example: "sum by (transport) (tollgate_streams)",
  }),
  upstreamUp: gauge("tollgate_upstream_up", ["server"], {
    help: "Whether the guarded MCP server answers.",
    example: "min by (server) (tollgate_upstream_up) == 0",
  }),
  upstreamRestarts: counter("tollgate_upstream_restarts_total", ["server"], {
    help: "Starts of the wrapped server after its first.",
    example: "sum by (server) (increase(tollgate_upstream_restarts_total[1h])) > 0",
  }),
  upstreamLinesDropped: counter("tollgate_upstream_lines_dropped_total", ["server", "cause"], {
    help: "Lines of the wrapped server's stdout that did not pass: no JSON-RPC, an answer to nothing, or too long.",
    example: "sum by (cause) (increase(tollgate_upstream_lines_dropped_total[1h])) > 0",
  }),
  upstreamExposed: gauge("tollgate_upstream_exposed", ["server"], {
    help: "Whether the guarded MCP server answers on an address that agents can reach around Tollgate.",
    example: "max by (server) (tollgate_upstream_exposed) == 1",
  }),
  tools: gauge("tollgate_tools", ["server", "category"], {
    help: "Tools that the server lists, by category.",
    example: "sum by (category) (tollgate_tools)",
  }),
  toolInfo: gauge(
    "tollgate_tool_info",
    ["server", "tool", "category", "source", "confidence_band", "covered"],
    {
      help: "A tool that the server lists or a policy names: 1, with its category, where that comes from (policy, annotations or heuristic), how sure it is (high, medium or low), and whether a policy covers it.",
      example: 'count by (server, confidence_band) (tollgate_tool_info{source!="policy"})',
    },
  ),
  toolChanges: counter("tollgate_tool_definition_changes_total", ["server", "tool", "grade"], {
    help: "Changes of a tool since the server listed it before, by the part of its definition that changed.",
    example: "sum by (tool, grade) (increase(tollgate_tool_definition_changes_total[1d])) > 0",
  }),
  policyUnknownTools: gauge("tollgate_policy_unknown_tools", ["server"], {
    help: "Tools that the policy names and the server does not list.",
    example: "max by (server) (tollgate_policy_unknown_tools) > 0",
  }),
  policyUncoveredTools: gauge("tollgate_policy_uncovered_tools", ["server"], {
    help: "Tools that the server lists and no rule of the policy names.",
    example: "max by (server) (tollgate_policy_uncovered_tools) > 0",
  }),
  policyInfo: gauge("tollgate_policy_info", ["digest", "default", "mode"], {
    help: "The policy that is in force: 1, with its digest, its default and its mode.",
    example: "count(count by (digest) (tollgate_policy_info)) > 1",
  }),
  policyReloadSuccessful: gauge("tollgate_policy_last_reload_successful", [], {
    help: "Whether the latest attempt to load the policy succeeded.",
    example: "min(tollgate_policy_last_reload_successful) == 0",
  }),
  policyReloadTimestamp: gauge("tollgate_policy_last_reload_success_timestamp_seconds", [], {
    help: "When the policy in force was loaded, in seconds since the epoch.",
    example: "time() - max(tollgate_policy_last_reload_success_timestamp_seconds)",
  }),
  policyReloads: counter("tollgate_policy_reloads_total", ["result"], {
    help: "Attempts to load the policy, by result.",
    example: "sum by (result) (increase(tollgate_policy_reloads_total[1h]))",
  }),
  adminRefused: counter("tollgate_admin_requests_refused_total", ["cause"], {
    help: "Requests that the admin listener refused: wrong or missing token, a read token for control, no certificate, or a foreign Origin.",
    example: 'sum(increase(tollgate_admin_requests_refused_total{cause="wrong_token"}[5m])) > 20',
  }),
  auditDropped: counter("tollgate_audit_dropped_total", ["cause"], {
    help: "Audit records that were lost: disk full, file not writable, or, of a receiver, rejected (partial success), refused with a status, unreachable, timeout, or more than the queue holds.",
    example: "sum by (cause) (increase(tollgate_audit_dropped_total[5m])) > 0",
  }),
  labelOverflow: counter("tollgate_label_overflow_total", ["label"], {
    help: "Events that were counted under _other or _unknown, because a label had as many values as it may have.",
    example: "sum by (label) (increase(tollgate_label_overflow_total[1h])) > 0",
  }),
  traceExportFailures: counter("tollgate_trace_export_failures_total", ["cause"], {
    help: "Spans that were lost: rejected (partial success), refused with a status, collector unreachable, timeout, or more than the queue holds.",
    example: "sum by (cause) (increase(tollgate_trace_export_failures_total[5m])) > 0",
  }),
  metricExportFailures: counter("tollgate_metric_export_failures_total", ["cause"], {
    help: "Data points of pushed metrics that did not reach the collector, by the same causes; cumulative ones come again with the next push.",
    example: "sum by (cause) (increase(tollgate_metric_export_failures_total[5m])) > 0",
  }),
  buildInfo: gauge("tollgate_build_info", ["version", "node"], {
    help: "The build that runs: 1, with the versions of Tollgate and of Node.",
    example: "count by (version) (tollgate_build_info)",
  }),
} as const;

export type MetricKey = keyof typeof METRICS;

function counter(name: string, labels: readonly string[], words: Words): NumberRow {
  return { name, type: "counter", labels, ...words };
}

function gauge(name: string, labels: readonly string[], words: Words): NumberRow {
  return { name, type: "gauge", labels, ...words };
}

function histogram(
  name: string,
  labels: readonly string[],
  scale: keyof typeof SCALES,
  words: Words,
): HistogramRow {
  return { name, type: "histogram", labels, scale, buckets: SCALES[scale], ...words };
}
