/** The board Agents and Execute tools: which agents hit which tools, how often, how many were denied, and why. */

import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { board, boardUrl, cellValue } from "./board.ts";
import { callRate, DENIED_CALLS, NOT_DENIED, AGENT_AND_TOOL } from "./calls.ts";
import { graph } from "./graph.ts";
import { matrix } from "./matrix.ts";
import type { GridRow } from "./panel.ts";
import { grouped } from "./place.ts";
import { countBy, DAY, select, SHOWN_RANGE } from "./promql.ts";
import { rangeQuery, tableQuery } from "./query.ts";
import { type Column, groupingColumns, table } from "./table.ts";
import { agent, category, datasource, place, server, tools } from "./variables.ts";

const CALLS = select(METRICS.toolCalls, AGENT_AND_TOOL);
const DENIED = select(METRICS.toolCalls, `${AGENT_AND_TOOL},${DENIED_CALLS}`);
const ENFORCED = select(METRICS.toolDenials, `${AGENT_AND_TOOL},mode="enforce"`);
const SHADOWED = select(METRICS.toolDenials, `${AGENT_AND_TOOL},mode="shadow"`);
/** Labels of a row of the table of pairs. */
const PAIR = grouped("agent, tool, category");
const AGENT_TOOL = grouped("agent, tool");
const AXES = { row: "agent", rowTitle: "Agent", column: "tool" };
/** Most columns of a matrix; a wider one is not readable. */
const COLUMNS = 12;

const TOOL_LINK = { tool: cellValue("Tool"), agent: cellValue("Agent") };
const TO_TOOL = { title: "The tool", url: boardUrl("tool", TOOL_LINK) };
const TO_DENIALS = { title: "Denials and policy", url: boardUrl("denials", TOOL_LINK) };
const TO_AGENT = { title: "Only this agent", url: boardUrl("agents", { agent: cellValue("Agent") }) };

const WHO: Column = { of: "agent", title: "Agent", link: TO_AGENT };
const WHAT: Column = { of: "tool", title: "Tool", link: TO_TOOL };

const CALL_MATRIX: GridRow = {
  height: 7,
  panels: [
    [
      24,
      matrix({
        ...AXES,
        title: "Calls: which agent hit which tool",
        description: `Calls of each agent on each tool in the time that is shown, denied ones included; the ${COLUMNS} most called tools. A cell leads to its tool.`,
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(topTools(CALLS))],
        nothing: "no calls in this time",
        colour: "blue",
        link: {
          title: "The tool",
          url: boardUrl("tool", { tool: "${__field.name:percentencode}", agent: cellValue("Agent") }),
        },
      }),
    ],
  ],
};

const DENIAL_MATRIX: GridRow = {
  height: 7,
  panels: [
    [
      24,
      matrix({
        ...AXES,
        title: "Denied: which agent was refused which tool",
        description: `Calls that were denied, of each agent on each tool in the time that is shown; the ${COLUMNS} most denied tools. A cell leads to the reasons.`,
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(topTools(ENFORCED))],
        nothing: "nothing was denied in this time",
        colour: "orange",
        link: {
          title: "Denials and policy",
          url: boardUrl("denials", { tool: "${__field.name:percentencode}", agent: cellValue("Agent") }),
        },
      }),
    ],
  ],
};

const PAIRS: GridRow = {
  height: 10,
  panels: [
    [
      24,
      table({
        title: "Every agent and tool: how often, how many denied, and why",
        description:
          "One row for each agent and tool in the time that is shown. The main reason is the one that denied most of this pair's calls. Would deny: passed, because the rule is only on trial.",
        unit: "locale",
        decimals: 0,
        queries: [
          tableQuery(`${countBy(PAIR, CALLS)} > 0`),
          tableQuery(`${countBy(PAIR, DENIED)} > 0`),
          tableQuery(shareOf(DENIED, CALLS)),
          tableQuery(`topk by (${PAIR}) (1, ${countBy(`${PAIR}, reason`, ENFORCED)} > 0)`),
          tableQuery(`${countBy(PAIR, SHADOWED)} > 0`),
        ],
        nothing: "no calls in this time",
        sortBy: "Calls",
        columns: [
          ...groupingColumns(),
          { ...WHO, width: 220 },
          { ...WHAT, width: 260 },
          { of: "category", title: "Category", width: 120 },
          { of: "A", title: "Calls", look: "bar", colour: "blue" },
          { of: "B", title: "Denied", look: "bar", colour: "orange", link: TO_DENIALS },
          {
            of: "C",
            title: "Denied share",
            unit: "percentunit",
            decimals: 0,
            look: "signal",
            limits: { warn: 0.1, bad: 0.5 },
            width: 120,
          },
          { of: "reason", title: "Main reason", width: 190, link: TO_DENIALS },
          { of: "D", title: "Denied for it", width: 110 },
          { of: "E", title: "Would deny", width: 110 },
        ],
      }),
    ],
  ],
};

const OVER_TIME: GridRow = {
  height: 9,
  panels: [
    [
      12,
      graph({
        title: "Calls by agent",
        isLegendBeside: true,
        description: "Calls each second of each agent that passed the policy, on top of each other.",
        unit: "reqps",
        queries: [rangeQuery(callRate(`${AGENT_AND_TOOL},${NOT_DENIED}`, "agent"), "{{agent}}")],
        isStacked: true,
      }),
    ],
    [
      12,
      graph({
        title: "Denied calls by agent",
        isLegendBeside: true,
        description:
          "Calls each second of each agent that the policy denied, on top of each other. A wall is a client that repeats itself, a slope one that looks for a way.",
        unit: "reqps",
        queries: [rangeQuery(callRate(`${AGENT_AND_TOOL},${DENIED_CALLS}`, "agent"), "{{agent}}")],
        nothing: "nothing was denied in this time",
        isStacked: true,
      }),
    ],
  ],
};

const CHANGES: GridRow = {
  height: 10,
  panels: [
    [
      12,
      table({
        title: "New pairs",
        description:
          "Agents that called a tool in the time that is shown and had not called it in the day before that. Calls includes denied ones.",
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(newPairs())],
        nothing: "no agent called a tool that is new to it",
        sortBy: "Calls",
        columns: [...groupingColumns(), WHO, WHAT, { of: "A", title: "Calls", width: 90 }],
      }),
    ],
    [
      12,
      table({
        title: "Top movers",
        description:
          "Agents and tools whose calls grew most, against as long a time before the one that is shown.",
        unit: "locale",
        decimals: 0,
        queries: [
          tableQuery(`topk(10, ${countBy(AGENT_TOOL, CALLS)} - ${previousCalls()})`),
          tableQuery(`${countBy(AGENT_TOOL, CALLS)} > 0`),
          tableQuery(`${previousCalls()} > 0`),
        ],
        nothing: "no calls in this time",
        sortBy: "More calls",
        columns: [
          ...groupingColumns(),
          WHO,
          WHAT,
          { of: "C", title: "Before", width: 80 },
          { of: "B", title: "Now", width: 80 },
          { of: "A", title: "More calls", width: 110 },
        ],
      }),
    ],
  ],
};

const LABELS: GridRow = {
  height: 9,
  panels: [
    [
      24,
      table({
        title: "Labels by guess",
        description:
          "Tools that were called in the time that is shown and whose category no policy assigns: the guess, its source and how sure it is. A guess of low confidence is counted as unknown. Correct one with `category` in the policy.",
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(guessedLabels())],
        nothing: "a policy assigns the category of every tool that was called",
        sortBy: "Calls",
        columns: [
          ...groupingColumns(),
          { of: "tool", title: "Tool" },
          { of: "category", title: "Guess", width: 120 },
          { of: "source", title: "Source", width: 130 },
          { of: "confidence_band", title: "Confidence", width: 120 },
          { of: "covered", title: "Covered by a rule", width: 150 },
          { of: "A", title: "Calls", width: 110 },
        ],
      }),
    ],
  ],
};

const BY_TOOL: GridRow = {
  height: 9,
  panels: [
    [
      24,
      graph({
        title: "Calls by tool",
        description: "Calls each second of each tool, denied ones included, on top of each other.",
        unit: "reqps",
        queries: [rangeQuery(callRate(AGENT_AND_TOOL, "tool"), "{{tool}}")],
        isStacked: true,
        isLegendBeside: true,
      }),
    ],
  ],
};

export const AGENTS = board({
  name: "agents",
  title: "Agents and Execute tools",
  description:
    "Which agents hit which Execute tools, how often, how many were denied, and why. Another category: choose it above.",
  variables: [datasource(), ...place(), server(), category("execute"), agent(), tools()],
  rows: [CALL_MATRIX, DENIAL_MATRIX, PAIRS, OVER_TIME, CHANGES, BY_TOOL, LABELS],
});

/** Counts of the most used tools, by agent and tool. */
function topTools(series: string): string {
  const most = `topk(${COLUMNS}, ${countBy("tool", series)})`;
  return `${countBy("agent, tool", series)} > 0 and on (tool) ${most}`;
}

function shareOf(part: string, whole: string): string {
  return `${countBy(PAIR, part)} / (${countBy(PAIR, whole)} > 0) > 0`;
}

function newPairs(): string {
  const known = `max_over_time(${CALLS}[${DAY}] offset ${SHOWN_RANGE})`;
  return `${countBy(AGENT_TOOL, CALLS)} > 0 unless sum by (${AGENT_TOOL}) (${known}) > 0`;
}

/** Calls of each tool whose category no policy assigns, with what is known of the guess. */
function guessedLabels(): string {
  const tool = grouped("server, tool");
  const guesses = select(METRICS.toolInfo, 'tool=~"$tool",source!="policy"');
  const calls = `${countBy(tool, select(METRICS.toolCalls, 'agent=~"$agent",tool=~"$tool"'))} > 0`;
  return `group by (${tool}, category, source, confidence_band, covered) (${guesses}) * on (${tool}) group_left () (${calls})`;
}

/** Calls in the period before the shown one; 0 where there were none. */
function previousCalls(): string {
  const growth = `round(sum by (${AGENT_TOOL}) (increase(${CALLS}[${SHOWN_RANGE}] offset ${SHOWN_RANGE})))`;
  return `(${growth} or ${countBy(AGENT_TOOL, CALLS)} * 0)`;
}
