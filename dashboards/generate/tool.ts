/** The board Tool: everything about one tool. */

import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { board, boardUrl, cellValue } from "./board.ts";
import { callRate, DENIED_CALLS, FAILED, SENT_TO_SERVER } from "./calls.ts";
import { OUTCOME_COLOURS } from "./colours.ts";
import { graph } from "./graph.ts";
import type { GridRow } from "./panel.ts";
import { grouped } from "./place.ts";
import { countBy, quantile, rate, select, ratio } from "./promql.ts";
import { legend, rangeQuery, tableQuery, rangeQueryWithExemplars } from "./query.ts";
import { stat } from "./stat.ts";
import { groupingColumns, table } from "./table.ts";
import { agent, datasource, place, singleTool, server } from "./variables.ts";

const THIS = 'tool="$tool"';
const BY_AGENT = `${THIS},agent=~"$agent"`;
const CALLS = select(METRICS.toolCalls, BY_AGENT);
const TIMED = 'gen_ai_tool_name="$tool"';
const AGENT_SIDE = select(METRICS.serverDuration, `${TIMED},error_type!="policy_denied"`, "_bucket");
const SERVER_SIDE = select(METRICS.clientDuration, TIMED, "_bucket");
const DENIED = select(METRICS.toolCalls, `${BY_AGENT},${DENIED_CALLS}`);
const BROKEN = select(METRICS.toolCalls, `${BY_AGENT},${FAILED}`);
const DENIALS = select(METRICS.toolDenials, BY_AGENT);
const FILL = select(METRICS.limitUtilization, THIS);
/** Rules of this tool only; their pointers begin with its name. */
const RULES = select(METRICS.ruleHits, 'rule=~"/tools/$tool/.*"');
const AGENT_LINK = {
  title: "Its denials",
  url: boardUrl("denials", { agent: cellValue("Agent"), tool: "${tool:percentencode}" }),
};

const HEAD: GridRow = {
  height: 4,
  panels: [
    [
      4,
      stat({
        title: "Calls",
        description: "Calls of this tool each second, denied ones included.",
        unit: "reqps",
        queries: [rangeQuery(callRate(BY_AGENT), "calls")],
      }),
    ],
    [
      4,
      stat({
        title: "Agents",
        description: "Agents that have called this tool in the last minutes.",
        unit: "locale",
        decimals: 0,
        queries: [rangeQuery(`count(${callRate(BY_AGENT, "agent")} > 0) or vector(0)`, "agents")],
      }),
    ],
    [
      4,
      stat({
        title: "Denied",
        description: "Share of the calls that the policy denied.",
        unit: "percentunit",
        queries: [rangeQuery(ratio(callRate(`${BY_AGENT},${DENIED_CALLS}`), callRate(BY_AGENT)), "denied")],
        limits: { warn: 0.05, bad: 0.1 },
      }),
    ],
    [
      4,
      stat({
        title: "Failed",
        description: "Share of the calls that passed the policy and ended in an error or timeout.",
        unit: "percentunit",
        queries: [
          rangeQuery(
            ratio(callRate(`${BY_AGENT},${FAILED}`), callRate(`${BY_AGENT},${SENT_TO_SERVER}`)),
            "failed",
          ),
        ],
        limits: { warn: 0.01, bad: 0.05 },
      }),
    ],
    [
      4,
      stat({
        title: "Latency, p95",
        description: "95 % of the calls that passed the policy took no longer, as agents see it.",
        unit: "s",
        queries: [rangeQuery(quantile(0.95, AGENT_SIDE), "p95")],
        nothing: "no call passed",
      }),
    ],
    [
      4,
      stat({
        title: "Fullest limit",
        description:
          "How full the fullest limit of this tool is, for its fullest agent. At 100 % the next call is denied.",
        unit: "percentunit",
        queries: [rangeQuery(`max(${FILL})`, "full")],
        limits: { warn: 0.8, bad: 1 },
        nothing: "no limits",
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
        description: "Calls of this tool by how they ended, on top of each other.",
        unit: "reqps",
        queries: [rangeQuery(callRate(BY_AGENT, "outcome"), "{{outcome}}")],
        isStacked: true,
        colours: OUTCOME_COLOURS,
      }),
    ],
    [
      12,
      graph({
        title: "Latency, with exemplars",
        isLegendBeside: true,
        description:
          "How long calls that passed the policy took, all agents together, and the server's own part. The dots are single calls and lead to their traces, where tracing is on.",
        unit: "s",
        queries: [
          rangeQueryWithExemplars(quantile(0.5, AGENT_SIDE), "p50"),
          rangeQueryWithExemplars(quantile(0.95, AGENT_SIDE), "p95"),
          rangeQueryWithExemplars(quantile(0.99, AGENT_SIDE), "p99"),
          rangeQuery(quantile(0.95, SERVER_SIDE), "server's p95"),
        ],
        nothing: "no call passed",
        colours: { p50: "green", p95: "blue", p99: "purple", "server's p95": "text" },
        dashed: ["server's p95"],
      }),
    ],
  ],
};

const CAUSES: GridRow = {
  height: 8,
  panels: [
    [
      12,
      table({
        title: "Agents",
        description: "Who called this tool in the time that is shown, most calls first.",
        unit: "locale",
        decimals: 0,
        queries: [
          tableQuery(`${countBy(grouped("agent"), CALLS)} > 0`),
          tableQuery(`${countBy(grouped("agent"), DENIED)} > 0`),
          tableQuery(`${countBy(grouped("agent"), BROKEN)} > 0`),
          tableQuery(
            `topk by (${grouped("agent")}) (1, ${countBy(grouped("agent, reason"), select(METRICS.toolDenials, `${BY_AGENT},mode="enforce"`))} > 0)`,
          ),
        ],
        nothing: "no calls in this time",
        hidden: ["D"],
        sortBy: "Calls",
        columns: [
          ...groupingColumns(),
          { of: "agent", title: "Agent", link: AGENT_LINK },
          { of: "A", title: "Calls", look: "bar", colour: "blue", width: 150 },
          { of: "B", title: "Denied", look: "bar", colour: "orange", width: 150 },
          { of: "C", title: "Failed", width: 80 },
          { of: "reason", title: "Main reason", width: 180 },
        ],
      }),
    ],
    [
      12,
      table({
        title: "Why it was denied",
        description:
          "Denials of this tool by reason in the time that is shown; shadow is what passed because the rule is only on trial.",
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(`${countBy(grouped("reason, mode"), DENIALS)} > 0`)],
        nothing: "nothing was denied in this time",
        sortBy: "Denials",
        columns: [
          ...groupingColumns(),
          { of: "reason", title: "Reason" },
          { of: "mode", title: "Mode", width: 120 },
          { of: "A", title: "Denials", look: "bar", colour: "orange", width: 280 },
        ],
      }),
    ],
  ],
};

const RULES_AND_LIMITS: GridRow = {
  height: 8,
  panels: [
    [
      12,
      table({
        title: "Rules of this tool",
        description:
          "How often each rule of the policy that names this tool has decided, in the time that is shown; 0 for a rule that has not.",
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(countBy(grouped("rule, effect"), RULES))],
        nothing: "no rule names this tool alone",
        sortBy: "Hits",
        columns: [
          ...groupingColumns(),
          { of: "rule", title: "Rule", look: "wrapped" },
          { of: "effect", title: "Effect", width: 110 },
          { of: "A", title: "Hits", look: "bar", colour: "orange", width: 140 },
        ],
      }),
    ],
    [
      12,
      graph({
        title: "Limits",
        isLegendBeside: true,
        description:
          "How full each limit of this tool is, for its fullest agent. At 100 % the next call is denied until the window ends.",
        unit: "percentunit",
        queries: [
          rangeQuery(`max by (${grouped("counter, scope")}) (${FILL})`, legend("{{counter}} per {{scope}}")),
        ],
        nothing: "no limits on this tool",
        limits: { warn: 0.8, bad: 1 },
        max: 1,
      }),
    ],
  ],
};

const SIZES: GridRow = {
  height: 8,
  panels: [
    [
      12,
      graph({
        title: "Errors by kind",
        isLegendBeside: true,
        description:
          "Calls that passed the policy and did not succeed: the tool said so (tool_error), the protocol did (rpc_error), or no answer came.",
        unit: "reqps",
        queries: [rangeQuery(callRate(`${BY_AGENT},outcome!~"success|denied"`, "outcome"), "{{outcome}}")],
        nothing: "no errors in this time",
        isStacked: true,
        colours: OUTCOME_COLOURS,
      }),
    ],
    [
      12,
      graph({
        title: "Size of calls and answers",
        description:
          "Average length of a call's message and of its answer. Long answers cost the agent context.",
        unit: "bytes",
        queries: [rangeQuery(average("request"), "call"), rangeQuery(average("result"), "answer")],
        colours: { call: "blue", answer: "purple" },
      }),
    ],
  ],
};

export const TOOL = board({
  name: "tool",
  title: "Tool",
  description:
    "One tool: how its calls ended, how long they took, who called it, which rules and limits decided.",
  variables: [datasource(), ...place(), server(), singleTool(), agent()],
  rows: [HEAD, TRAFFIC, CAUSES, RULES_AND_LIMITS, SIZES],
});

function average(what: "request" | "result"): string {
  const metric = what === "request" ? METRICS.requestBytes : METRICS.resultBytes;
  const [sum, count] = ["_sum", "_count"].map((suffix) => `sum (${rate(select(metric, THIS, suffix))})`);
  return `${sum} / (${count} > 0)`;
}
