/** The board Overview: whether everything works, and which server does not. */

import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { board, boardUrl, cellValue } from "./board.ts";
import { decisionRate, endedRate, failedShare, rateByOutcome, REFUSED_DECISIONS } from "./calls.ts";
import { SHADOW_COLOUR, OUTCOME_COLOURS } from "./colours.ts";
import { graph } from "./graph.ts";
import type { GridRow } from "./panel.ts";
import { placed } from "./place.ts";
import { DAY, increaseShown, ofServer, quantile, select, ratio } from "./promql.ts";
import { instantQuery, rangeQuery, tableQuery } from "./query.ts";
import { problemCounts, stat } from "./stat.ts";
import { placeColumns, table } from "./table.ts";
import { datasource, place, server } from "./variables.ts";

const PASSED = 'mcp_method_name="tools/call",error_type!="policy_denied"';
const AGENT_SIDE = select(METRICS.serverDuration, PASSED, "_bucket");
const SERVER_SIDE = select(METRICS.clientDuration, 'mcp_method_name="tools/call"', "_bucket");
const OVERHEAD = select(METRICS.overhead, "", "_bucket");
/** Shows the first characters of a digest. */
const POLICIES = `label_replace(${ofServer(select(METRICS.policyInfo))}, "digest", "$1", "digest", "(.{12}).*")`;
const LOADED_AT = select(METRICS.policyReloadTimestamp);
/** Labels of a row of the table of servers, and of that of policies. */
const SERVER = placed("server");
const POLICY = placed("server, digest, default, mode");
const DENIED_SHARE = ratio(decisionRate(REFUSED_DECISIONS), decisionRate());

const HEAD: GridRow = {
  height: 4,
  panels: [
    [
      4,
      stat({
        title: "Servers down",
        description: "Sidecars whose MCP server does not answer. The table of servers says which.",
        unit: "short",
        queries: [rangeQuery(`sum (1 - ${select(METRICS.upstreamUp)})`, "down")],
        limits: { warn: 1, bad: 1 },
      }),
    ],
    [
      4,
      stat({
        title: "Tool calls",
        description: "Tool calls that ended, each second, denied ones included.",
        unit: "reqps",
        queries: [rangeQuery(`${endedRate()} or vector(0)`, "calls")],
      }),
    ],
    [
      4,
      stat({
        title: "Denied",
        description: "Share of decisions that denied or asked for approval. What is usual is drawn below.",
        unit: "percentunit",
        queries: [rangeQuery(DENIED_SHARE, "denied")],
        limits: { warn: 0.05, bad: 0.1 },
      }),
    ],
    [
      4,
      stat({
        title: "Failed",
        description:
          "Share of the calls that passed the policy and ended in an error or timeout. Denials are no failures.",
        unit: "percentunit",
        queries: [rangeQuery(failedShare(), "failed")],
        limits: { warn: 0.01, bad: 0.05 },
      }),
    ],
    [
      4,
      stat({
        title: "Latency, p95",
        description: "95 % of the tool calls that passed the policy took no longer, as agents see it.",
        unit: "s",
        queries: [rangeQuery(quantile(0.95, AGENT_SIDE), "p95")],
      }),
    ],
    [
      4,
      stat({
        title: "What we add, p99",
        description: "What Tollgate itself adds to a request, in 99 % of all cases no more than this.",
        unit: "s",
        queries: [rangeQuery(quantile(0.99, OVERHEAD), "p99")],
        limits: { warn: 0.01, bad: 0.05 },
      }),
    ],
  ],
};

const LAMPS: GridRow = {
  height: 4,
  panels: [
    [
      24,
      problemCounts({
        title: "All of these should be 0",
        description:
          "Counted over the time that is shown: audit records lost, calls that passed unchecked, errors of the limit store, labels past their bound, tool definitions that changed. At present: policies rejected, tools that the policy names and no server has, servers that agents can reach around Tollgate, freezes.",
        unit: "locale",
        decimals: 0,
        mild: ["Unknown tools in policy", "Labels past bound"],
        queries: [
          instantQuery(`sum (1 - ${ofServer(select(METRICS.policyReloadSuccessful))})`, "Policy rejected"),
          instantQuery(`max (${select(METRICS.policyUnknownTools)})`, "Unknown tools in policy"),
          instantQuery(
            `sum (${increaseShown(select(METRICS.toolChanges))}) or vector(0)`,
            "Tool definitions changed",
          ),
          instantQuery(`sum (${select(METRICS.upstreamExposed)})`, "Servers exposed"),
          instantQuery(`sum (${select(METRICS.frozen)})`, "Frozen"),
          instantQuery(`sum (${increaseShown(select(METRICS.failOpen))})`, "Passed unchecked"),
          instantQuery(`sum (${increaseShown(select(METRICS.limitStoreErrors))})`, "Limit store errors"),
          instantQuery(
            `sum (${ofServer(increaseShown(select(METRICS.auditDropped)))})`,
            "Audit records lost",
          ),
          instantQuery(
            `sum (${ofServer(increaseShown(select(METRICS.labelOverflow)))})`,
            "Labels past bound",
          ),
        ],
      }),
    ],
  ],
};

const TRAFFIC: GridRow = {
  height: 9,
  panels: [
    [
      12,
      graph({
        title: "Calls by outcome",
        isLegendBeside: true,
        description:
          "Tool calls by how they ended, on top of each other. Orange was denied by the policy, red never came back from the server.",
        unit: "reqps",
        queries: [rangeQuery(rateByOutcome(), "{{outcome}}")],
        isStacked: true,
        colours: OUTCOME_COLOURS,
      }),
    ],
    [
      12,
      graph({
        title: "Denied share, now and usually",
        description:
          "Share of decisions that denied, beside its average over one day up to each moment. Far above the dashed line, something changed: an agent, a tool, or a policy.",
        unit: "percentunit",
        queries: [
          rangeQuery(DENIED_SHARE, "denied"),
          rangeQuery(ratio(decisionRate(REFUSED_DECISIONS, DAY), decisionRate("", DAY)), "one-day average"),
          rangeQuery(ratio(decisionRate('effect="would_deny"'), decisionRate()), "would be denied"),
        ],
        colours: { denied: "orange", "one-day average": "text", "would be denied": SHADOW_COLOUR },
        dashed: ["one-day average"],
      }),
    ],
  ],
};

const TIME: GridRow = {
  height: 9,
  panels: [
    [
      12,
      graph({
        title: "Latency of tool calls",
        isLegendBeside: true,
        description:
          "How long calls that passed the policy took, as agents see it, and the server's own part. A gap between the two p95 is Tollgate's.",
        unit: "s",
        queries: [
          rangeQuery(quantile(0.5, AGENT_SIDE), "p50"),
          rangeQuery(quantile(0.95, AGENT_SIDE), "p95"),
          rangeQuery(quantile(0.99, AGENT_SIDE), "p99"),
          rangeQuery(quantile(0.95, SERVER_SIDE), "server's p95"),
        ],
        colours: { p50: "green", p95: "blue", p99: "purple", "server's p95": "text" },
        dashed: ["server's p95"],
      }),
    ],
    [
      12,
      graph({
        title: "What we add",
        description:
          "What Tollgate adds to a request: its duration without the server's part. Above 10 ms look at the board Sidecar.",
        unit: "s",
        queries: [0.5, 0.95, 0.99].map((q) => rangeQuery(quantile(q, OVERHEAD), `p${q * 100}`)),
        colours: { p50: "green", p95: "blue", p99: "purple" },
      }),
    ],
  ],
};

const BY_SERVER: GridRow = {
  height: 6,
  panels: [
    [
      13,
      table({
        title: "Servers",
        description: "One row for each guarded MCP server, most denied first. The name leads to its agents.",
        unit: "short",
        queries: [
          tableQuery(`min by (${SERVER}) (${select(METRICS.upstreamUp)})`),
          tableQuery(`${endedRate(SERVER)} or min by (${SERVER}) (${select(METRICS.upstreamUp)}) * 0`),
          tableQuery(ratio(endedRate(SERVER, "denied"), endedRate(SERVER))),
          tableQuery(failedShare(SERVER)),
          tableQuery(quantile(0.95, AGENT_SIDE, SERVER)),
          tableQuery(quantile(0.99, OVERHEAD, SERVER)),
        ],
        sortBy: "Denied",
        columns: [
          ...placeColumns(),
          {
            of: "server",
            title: "Server",
            link: { title: "Its agents", url: boardUrl("agents", { server: cellValue("Server") }) },
          },
          {
            of: "A",
            title: "Answers",
            words: { "0": "no", "1": "yes" },
            width: 90,
          },
          { of: "B", title: "Calls", unit: "reqps", width: 110 },
          {
            of: "C",
            title: "Denied",
            unit: "percentunit",
            look: "signal",
            limits: { warn: 0.05, bad: 0.1 },
            width: 90,
          },
          {
            of: "D",
            title: "Failed",
            unit: "percentunit",
            look: "signal",
            limits: { warn: 0.01, bad: 0.05 },
            width: 90,
          },
          { of: "E", title: "p95", unit: "s", width: 90 },
          { of: "F", title: "We add, p99", unit: "s", width: 110 },
        ],
      }),
    ],
    [
      11,
      table({
        title: "Versions of policy",
        description:
          "The policies in force. More than one digest for one server: replicas have not all loaded the same.",
        unit: "short",
        queries: [
          tableQuery(`count by (${POLICY}) (${POLICIES})`),
          tableQuery(
            `min by (${POLICY}) (${POLICIES} * on (${placed("job, instance")}) group_left () ${LOADED_AT}) * 1000`,
          ),
        ],
        sortBy: "Sidecars",
        columns: [
          ...placeColumns(),
          { of: "server", title: "Server" },
          { of: "digest", title: "Digest", width: 120 },
          { of: "mode", title: "Mode", width: 80 },
          { of: "default", title: "Default", width: 80 },
          { of: "A", title: "Sidecars", width: 90 },
          { of: "B", title: "Loaded", unit: "dateTimeFromNow", width: 130 },
        ],
      }),
    ],
  ],
};

export const OVERVIEW = board({
  name: "overview",
  title: "Overview",
  description:
    "Is it well, and where not: calls, denials, failures, latency, what Tollgate adds, policies in force.",
  variables: [datasource(), ...place(), server()],
  rows: [HEAD, LAMPS, TRAFFIC, TIME, BY_SERVER],
});
