/** The board Fleet: clusters, servers and agents beside each other, the worst first. */

import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { board, boardUrl, cellValue } from "./board.ts";
import { DENIED_CALLS, failedShare, NOT_PERMITTED } from "./calls.ts";
import {
  deniedShare,
  DRIFTED,
  POLICIES,
  PROBLEM_COUNTS,
  PROBLEM_LIST,
  SERVER,
  SERVERS,
} from "./fleet-problems.ts";
import { graph } from "./graph.ts";
import type { GridRow } from "./panel.ts";
import { grouped, groupingLabels, placed, titleOf } from "./place.ts";
import { countBy, DAY, ofServer, quantile, rate, select, SHOWN_RANGE } from "./promql.ts";
import { instantQuery, legend, rangeQuery, tableQuery } from "./query.ts";
import { stat } from "./stat.ts";
import { type Column, groupingColumns, placeColumns, table } from "./table.ts";
import { datasource, place, server } from "./variables.ts";

const CALLS = select(METRICS.toolCalls);
const DENIED = select(METRICS.toolCalls, DENIED_CALLS);
const REFUSED = select(METRICS.toolDenials, `mode="enforce",${NOT_PERMITTED}`);
/** Tools that change something, spend something or run something. */
const ACTS = 'category=~"execute|destructive|financial"';
const USES = select(METRICS.toolCalls, `${ACTS},outcome!="denied"`);
const DECISIONS = rate(select(METRICS.decisions));
const AGENT_SIDE = select(
  METRICS.serverDuration,
  'mcp_method_name="tools/call",error_type!="policy_denied"',
  "_bucket",
);
const CLUSTER = groupingLabels().join(", ");
const AGENT = placed("server, agent");
const PAIR = placed("server, agent, tool");
/** Most rows of a table of agents or of pairs. */
const ROWS = 50;
const MOST_DENIED = `topk(${ROWS}, ${countBy(AGENT, DENIED)} > 0)`;

const TO_OVERVIEW = { title: "Overview of it", url: boardUrl("overview", { server: cellValue("Server") }) };
const SERVER_COLUMN: Column = { of: "server", title: "Server", link: TO_OVERVIEW };
const AGENT_COLUMN: Column = {
  of: "agent",
  title: "Agent",
  link: {
    title: "All it called",
    url: boardUrl("agents", { server: cellValue("Server"), agent: cellValue("Agent"), category: "$__all" }),
  },
};
const TO_DENIALS = {
  title: "Its denials",
  url: boardUrl("denials", { server: cellValue("Server"), agent: cellValue("Agent") }),
};
const DENIED_LOOK = {
  unit: "percentunit",
  look: "signal",
  limits: { warn: 0.05, bad: 0.1 },
  width: 90,
} as const;
const FAILED_LOOK = {
  unit: "percentunit",
  look: "signal",
  limits: { warn: 0.01, bad: 0.05 },
  width: 90,
} as const;
const PROBLEM_LOOK = { look: "signal", limits: { warn: 1, bad: 2 }, width: 100 } as const;

const HEAD: GridRow = {
  height: 4,
  panels: [
    [
      4,
      stat({
        title: "Servers",
        description: "Guarded MCP servers, counted once however many replicas guard them.",
        unit: "locale",
        decimals: 0,
        queries: [rangeQuery(`count (${SERVERS})`, "servers")],
      }),
    ],
    [
      4,
      stat({
        title: "Sidecars",
        description: "Sidecars that Prometheus has scraped lately.",
        unit: "locale",
        decimals: 0,
        queries: [rangeQuery(`count (${select(METRICS.upstreamUp)})`, "sidecars")],
      }),
    ],
    [
      4,
      stat({
        title: "Servers with a problem",
        description: "Servers that the table of problems names at least once.",
        unit: "locale",
        decimals: 0,
        queries: [instantQuery(`count (${PROBLEM_COUNTS} > 0) or vector(0)`, "servers")],
        limits: { warn: 1, bad: 5 },
        isBare: true,
      }),
    ],
    [
      4,
      stat({
        title: "Agents at work",
        description:
          "Agents that have called a tool in the last minutes, counted once however many servers they use.",
        unit: "locale",
        decimals: 0,
        queries: [instantQuery(`count (sum by (agent) (${rate(CALLS)}) > 0) or vector(0)`, "agents")],
        isBare: true,
      }),
    ],
    [
      4,
      stat({
        title: "Decisions",
        description: "Decisions of all policies each second.",
        unit: "reqps",
        queries: [rangeQuery(`sum (${DECISIONS})`, "decisions")],
      }),
    ],
    [
      4,
      stat({
        title: "Versions",
        description:
          "Versions of Tollgate that run. More than one: a deployment is under way, or was left half done.",
        unit: "locale",
        decimals: 0,
        queries: [
          rangeQuery(`count (group by (version) (${ofServer(select(METRICS.buildInfo))}))`, "versions"),
        ],
        limits: { warn: 2, bad: 3 },
      }),
    ],
  ],
};

const CLUSTERS: GridRow = {
  height: 8,
  panels: [
    [
      13,
      table({
        title: "Clusters, the worst first",
        description:
          "One row for each cluster, the one with most servers that have a problem first. The name leads to its overview.",
        unit: "short",
        queries: [
          tableQuery(`count by (${CLUSTER}) (${PROBLEM_COUNTS} > 0) or ${clusters()} * 0`),
          tableQuery(`count by (${CLUSTER}) (${SERVERS})`),
          tableQuery(`count by (${CLUSTER}) (${select(METRICS.upstreamUp)})`),
          tableQuery(`sum by (${CLUSTER}) (${DECISIONS})`),
          tableQuery(deniedShare(CLUSTER)),
          tableQuery(failedShare(CLUSTER)),
        ],
        sortBy: "Problems",
        thenBy: "Denied",
        columns: [
          ...groupingColumns().map(toClusterOverview),
          { of: "A", title: "Problems", ...PROBLEM_LOOK },
          { of: "B", title: "Servers", width: 90 },
          { of: "C", title: "Sidecars", width: 90 },
          { of: "D", title: "Decisions", unit: "reqps", width: 120 },
          { of: "E", title: "Denied", ...DENIED_LOOK },
          { of: "F", title: "Failed", ...FAILED_LOOK },
        ],
      }),
    ],
    [
      11,
      table({
        title: "Problems",
        description:
          "One row for each server and problem, at present; audit records lost and calls that passed unchecked are those of the time that is shown.",
        unit: "short",
        queries: [tableQuery(PROBLEM_LIST)],
        nothing: "no server has a problem",
        hidden: ["A"],
        sortBy: "Problem",
        isAscending: true,
        columns: [...placeColumns(), SERVER_COLUMN, { of: "problem", title: "Problem" }],
      }),
    ],
  ],
};

const BY_SERVER: GridRow = {
  height: 12,
  panels: [
    [
      24,
      table({
        title: "Servers, the worst first",
        description:
          "One row for each guarded MCP server: those with most problems, and then those that deny most. The name leads to its overview.",
        unit: "short",
        queries: [
          tableQuery(PROBLEM_COUNTS),
          tableQuery(`min by (${SERVER}) (${select(METRICS.upstreamUp)})`),
          tableQuery(`count by (${SERVER}) (${select(METRICS.upstreamUp)})`),
          tableQuery(`sum by (${SERVER}) (${DECISIONS})`),
          tableQuery(deniedShare(SERVER)),
          tableQuery(failedShare(SERVER)),
          tableQuery(quantile(0.95, AGENT_SIDE, SERVER)),
          tableQuery(`count by (${SERVER}) (sum by (${AGENT}) (${rate(CALLS)}) > 0)`),
        ],
        sortBy: "Problems",
        thenBy: "Denied",
        columns: [
          ...placeColumns(),
          SERVER_COLUMN,
          { of: "A", title: "Problems", ...PROBLEM_LOOK },
          { of: "B", title: "Answers", words: { "0": "no", "1": "yes" }, width: 90 },
          { of: "C", title: "Sidecars", width: 90 },
          { of: "D", title: "Decisions", unit: "reqps", width: 120 },
          { of: "E", title: "Denied", ...DENIED_LOOK },
          { of: "F", title: "Failed", ...FAILED_LOOK },
          { of: "G", title: "p95", unit: "s", width: 90 },
          { of: "H", title: "Agents", unit: "locale", width: 90 },
        ],
      }),
    ],
  ],
};

const BY_AGENT: GridRow = {
  height: 10,
  panels: [
    [
      12,
      table({
        title: "Agents, the worst first",
        description: `The ${ROWS} agents that were denied most in the time that is shown, by server. Closed tools are those that the policy does not permit to them; limits, approvals and freezes do not count.`,
        unit: "locale",
        decimals: 0,
        queries: [
          tableQuery(MOST_DENIED),
          tableQuery(`count by (${AGENT}) (${countBy(PAIR, REFUSED)} > 0) and ${MOST_DENIED}`),
        ],
        nothing: "no agent was denied in this time",
        sortBy: "Denied",
        columns: [
          ...placeColumns(),
          SERVER_COLUMN,
          AGENT_COLUMN,
          { of: "A", title: "Denied", look: "bar", colour: "orange", link: TO_DENIALS },
          { of: "B", title: "Closed tools", width: 110 },
        ],
      }),
    ],
    [
      12,
      table({
        title: "New pairs of agent and tool that acts",
        description: `Agents that used a tool of the categories execute, destructive or financial in the time that is shown and had not used it before, neither when that time began nor a day ago; at most ${ROWS}, most used first.`,
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(newPairs())],
        nothing: "no agent used a tool that is new to it",
        sortBy: "Calls",
        columns: [
          ...placeColumns(),
          SERVER_COLUMN,
          AGENT_COLUMN,
          {
            of: "tool",
            title: "Tool",
            link: {
              title: "The tool",
              url: boardUrl("tool", {
                server: cellValue("Server"),
                tool: cellValue("Tool"),
                agent: cellValue("Agent"),
              }),
            },
          },
          { of: "A", title: "Calls", width: 80 },
        ],
      }),
    ],
  ],
};

const DEPLOYED: GridRow = {
  height: 8,
  panels: [
    [
      13,
      table({
        title: "Drifted policies",
        description:
          "Servers whose sidecars have different policies, one row for each policy: some replicas have not loaded what the others have.",
        unit: "short",
        queries: [tableQuery(drifted())],
        nothing: "all sidecars of each server have the same policy",
        sortBy: "Server",
        isAscending: true,
        columns: [
          ...placeColumns(),
          SERVER_COLUMN,
          { of: "digest", title: "Digest", width: 120 },
          { of: "mode", title: "Mode", width: 80 },
          { of: "A", title: "Sidecars", width: 90 },
        ],
      }),
    ],
    [
      11,
      table({
        title: "Versions deployed",
        description: "The versions of Tollgate and Node that run, by the number of sidecars.",
        unit: "locale",
        decimals: 0,
        queries: [
          tableQuery(`count by (${grouped("version, node")}) (${ofServer(select(METRICS.buildInfo))})`),
        ],
        sortBy: "Sidecars",
        columns: [
          ...groupingColumns(),
          { of: "version", title: "Version" },
          { of: "node", title: "Node" },
          { of: "A", title: "Sidecars", look: "bar", colour: "blue", width: 150 },
        ],
      }),
    ],
  ],
};

const EXPOSURE: GridRow = {
  height: 10,
  panels: [
    [
      12,
      table({
        title: "Exposure",
        description:
          "What an agent can reach: whether it can go around Tollgate, the tools that act (execute, destructive, financial), and the tools that no rule of the policy names.",
        unit: "locale",
        decimals: 0,
        queries: [
          tableQuery(`max by (${SERVER}) (${select(METRICS.upstreamExposed)})`),
          tableQuery(
            `max by (${SERVER}) (sum by (${placed("job, instance, server")}) (${select(METRICS.tools, ACTS)}))`,
          ),
          tableQuery(`max by (${SERVER}) (${select(METRICS.policyUncoveredTools)})`),
        ],
        sortBy: "Around Tollgate",
        thenBy: "No rule names",
        columns: [
          ...placeColumns(),
          SERVER_COLUMN,
          {
            of: "A",
            title: "Around Tollgate",
            words: { "0": "closed", "1": "open" },
            look: "signal",
            limits: { warn: 1, bad: 1 },
            width: 130,
          },
          { of: "B", title: "Tools that act", width: 120 },
          { of: "C", title: "No rule names", look: "bar", colour: "orange", width: 130 },
        ],
      }),
    ],
    [
      12,
      table({
        title: "Label sources",
        description:
          "Where the categories of each server's tools come from: the policy, the server's annotations, or a guess. Unsure counts guesses of low or medium confidence. Correct one with `category` in the policy.",
        unit: "locale",
        decimals: 0,
        queries: ["policy", "annotations", "heuristic"]
          .map((source) => tools(`source="${source}"`))
          .concat(tools('source="heuristic",confidence_band!="high"'))
          .map(tableQuery),
        sortBy: "Unsure",
        thenBy: "Guess",
        columns: [
          ...placeColumns(),
          SERVER_COLUMN,
          { of: "A", title: "Policy", width: 90 },
          { of: "B", title: "Annotations", width: 110 },
          { of: "C", title: "Guess", width: 90 },
          { of: "D", title: "Unsure", look: "bar", colour: "orange", width: 120 },
        ],
      }),
    ],
  ],
};

const OVER_TIME: GridRow = {
  height: 8,
  panels: [
    [
      12,
      graph({
        title: "Decisions by cluster",
        description: "Decisions of the policies each second, on top of each other.",
        unit: "reqps",
        queries: [rangeQuery(`sum by (${CLUSTER}) (${DECISIONS})`, legend("decisions"))],
        isStacked: true,
      }),
    ],
    [
      12,
      graph({
        title: "Denied share by cluster",
        description:
          "Share of decisions that denied or asked for approval. One line that leaves the others: look at that cluster.",
        unit: "percentunit",
        queries: [rangeQuery(deniedShare(CLUSTER), legend("denied"))],
      }),
    ],
  ],
};

export const FLEET = board({
  name: "fleet",
  title: "Fleet",
  description:
    "Clusters, servers and agents beside each other, the worst first: problems, new pairs, drifted policies, versions, exposure, sources of labels.",
  variables: [datasource(), ...place(), server()],
  rows: [HEAD, CLUSTERS, BY_SERVER, BY_AGENT, DEPLOYED, EXPOSURE, OVER_TIME],
});

function clusters(): string {
  return `group by (${CLUSTER}) (${SERVERS})`;
}

function toClusterOverview(column: Column): Column {
  const url = boardUrl("overview", { [column.of]: cellValue(titleOf(column.of)) });
  return { of: column.of, title: column.title, link: { title: "Overview of it", url } };
}

function newPairs(): string {
  const [before, dayAgo] = [SHOWN_RANGE, DAY].map((ago) => `sum by (${PAIR}) (${USES} offset ${ago})`);
  return `topk(${ROWS}, ${countBy(PAIR, USES)} > 0 unless (${before} or ${dayAgo}) > 0)`;
}

function drifted(): string {
  const short = `label_replace(${POLICIES}, "digest", "$1", "digest", "(.{12}).*")`;
  return `count by (${placed("server, digest, mode")}) (${short}) and on (${SERVER}) (${DRIFTED})`;
}

/** Tools that match, counted once for each server however many replicas it has. */
function tools(matchers: string): string {
  return `count by (${SERVER}) (group by (${placed("server, tool")}) (${select(METRICS.toolInfo, matchers)}))`;
}
