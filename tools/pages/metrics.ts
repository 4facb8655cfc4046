/** Writes docs/metrics.md from the declared metrics: `node tools/pages/metrics.ts`. */

import { writeFileSync } from "node:fs";
import { METRICS, type MetricRow } from "../../src/telemetry/metrics/metric-definitions.ts";

const TARGET = new URL("../../docs/metrics.md", import.meta.url);

const HEAD = `<!-- Written by tools/pages/metrics.ts from src/telemetry/metrics/metric-definitions.ts; do not edit. -->

# Metrics

\`GET /metrics\` on the admin listener. Prometheus text by default; OpenMetrics, with exemplars that name the trace on the
operation durations, or protocol buffers, with [exemplars and created timestamps](#protocol-buffers), when \`Accept\` asks for them.
Everything that can be known at start is exported as 0 at start.

Labels are bounded. \`tool\` takes names that the server lists or the policy names, else \`_unknown\`; \`agent\` takes the names
in the configuration and 200 others, then \`_other\`; every other label comes from a closed set.
\`identity.user-label: true\` adds a last label \`user\` to the calls and denials: 200 users, and 5,000 series of users with agents and
tools, then \`_other\`; empty where no user is known. Events that were counted
under \`_other\` or \`_unknown\` because a bound was reached are counted in \`tollgate_label_overflow_total\`.

In label values \`:\` is written \`;\`, and \`% ; , " \\\` and control characters are percent-encoded, so that two names never become
one: \`system:serviceaccount:prod:bot\` is \`system;serviceaccount;prod;bot\`. \`namespace\`, \`pod\`, \`job\` and \`instance\` are the
scraper's to add.

| name | type | labels | meaning |
| --- | --- | --- | --- |
`;

const TAIL = `
Beside these, a few process metrics: \`process_cpu_seconds_total\`, \`process_start_time_seconds\`,
\`process_resident_memory_bytes\`, \`process_open_fds\`, \`process_max_fds\`, \`nodejs_eventloop_lag_p99_seconds\`,
\`nodejs_heap_size_used_bytes\`, \`nodejs_heap_size_total_bytes\`, \`nodejs_external_memory_bytes\`,
\`nodejs_gc_duration_seconds\`.
`;

const BUCKETS = `## Bounds of histograms

The file of \`--config\` replaces the bounds by others, in ascending order, 40 at most. Each bound is a series for every combination of labels.

\`\`\`yaml
metrics:
  buckets:
    operation-seconds: [0.01, 0.1, 1, 10, 60, 600, 3600]   # mcp_server_... and mcp_client_operation_duration_seconds
    overhead-seconds: [0.0005, 0.001, 0.005, 0.05]         # tollgate_overhead_seconds
    message-bytes: [1024, 65536, 1048576]                  # tollgate_request_bytes, tollgate_result_bytes
\`\`\`

`;

const NATIVE = `## Protocol buffers

A scraper that prefers \`application/vnd.google.protobuf\` (\`io.prometheus.client.MetricFamily\`, delimited) gets the same metrics in that form, a quarter
as long as the text, with exemplars and with the time at which each counter and histogram began. Prometheus asks for it with a feature of the table.

| Prometheus | set | to have |
| --- | --- | --- |
| 2.40 to 3.x | \`--enable-feature=native-histograms\` (2.x), \`scrape_native_histograms: true\` in the scrape configuration (3.x) | native histograms |
| 2.45 or later | \`scrape_classic_histograms: true\` (2.x), \`always_scrape_classic_histograms: true\` (3.x) | the classic buckets too, which the boards and alerts of Tollgate read |
| 2.50 or later | \`--enable-feature=created-timestamp-zero-ingestion\` | counters that begin with 0, so that \`increase()\` has their first events |

\`metrics: { native-histograms: true }\` in the file of \`--config\` keeps native buckets beside the classic ones, for every histogram: eight for each power of two
(schema 3), so that a quantile is exact within 9 %, and 160 at most for a series, after which each becomes twice as wide. It costs a call some 0.7 us. Text and OpenMetrics do not
change. A Prometheus before 2.45 that asks for native histograms drops the classic ones: leave the feature or the setting off there.

\`\`\`promql
histogram_quantile(0.99, sum by (gen_ai_tool_name) (rate(mcp_server_operation_duration_seconds[5m])))
\`\`\`

`;

/** Renders docs/metrics.md. */
export function renderMetricsPage(): string {
  const rows: readonly MetricRow[] = Object.values(METRICS);
  const table = rows.map(lineOf).join("\n");
  const queries = rows.map((row) => `\`${row.name}\`\n\n\`\`\`promql\n${row.example}\n\`\`\`\n`).join("\n");
  return `${HEAD}${table}\n${TAIL}\n${BUCKETS}${NATIVE}## Questions they answer\n\n${queries}`;
}

function lineOf(row: MetricRow): string {
  const labels = row.labels.map((label) => `\`${label}\``).join(" ");
  const buckets = row.type === "histogram" ? ` Buckets: ${row.buckets.join(" ")}.` : "";
  return `| \`${row.name}\` | ${row.type} | ${labels} | ${row.help}${buckets} |`;
}

if (import.meta.main) writeFileSync(TARGET, renderMetricsPage());
