/** The board Denials and policy: denials by rule and agent, and rules without effect. */

import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { board, boardUrl, cellValue } from "./board.ts";
import { callRate, DENIED_CALLS, AGENT_AND_TOOL, NOT_PERMITTED } from "./calls.ts";
import { SHADOW_COLOUR } from "./colours.ts";
import { graph } from "./graph.ts";
import type { GridRow } from "./panel.ts";
import { grouped, placed } from "./place.ts";
import { countBy, increaseShown, rate, select, ratio } from "./promql.ts";
import { instantQuery, rangeQuery, tableQuery } from "./query.ts";
import { stat, neutralCounts } from "./stat.ts";
import { groupingColumns, placeColumns, table } from "./table.ts";
import { agent, category, datasource, place, server, tools } from "./variables.ts";

const DENIALS = select(METRICS.toolDenials, AGENT_AND_TOOL);
const ENFORCED = select(METRICS.toolDenials, `${AGENT_AND_TOOL},mode="enforce"`);
const SHADOWED = select(METRICS.toolDenials, `${AGENT_AND_TOOL},mode="shadow"`);
const FORBIDDEN = select(METRICS.toolDenials, `${AGENT_AND_TOOL},mode="enforce",${NOT_PERMITTED}`);
const RULE_HITS = select(METRICS.ruleHits);
const UNEVALUABLE = select(METRICS.conditionsUnevaluable);
const INVALID = select(METRICS.argumentsInvalid);
const AGENT = {
  of: "agent",
  title: "Agent",
  link: {
    title: "All it called",
    url: boardUrl("agents", { agent: cellValue("Agent"), category: "$__all" }),
  },
};

const HEAD: GridRow = {
  height: 4,
  panels: [
    [
      4,
      stat({
        title: "Denied",
        description: "Calls that the policy denied, in the time that is shown.",
        unit: "locale",
        decimals: 0,
        queries: [instantQuery(total(ENFORCED), "denied")],
        colour: "orange",
        isBare: true,
      }),
    ],
    [
      4,
      stat({
        title: "Denied share",
        description: "Share of the calls that the policy denies, at present.",
        unit: "percentunit",
        queries: [
          rangeQuery(
            ratio(callRate(`${AGENT_AND_TOOL},${DENIED_CALLS}`), callRate(AGENT_AND_TOOL)),
            "denied",
          ),
        ],
        limits: { warn: 0.05, bad: 0.1 },
      }),
    ],
    [
      4,
      stat({
        title: "Would be denied",
        description:
          "Calls that passed in the time that is shown, only because the rule that denies them is on trial.",
        unit: "locale",
        decimals: 0,
        queries: [instantQuery(total(SHADOWED), "would be denied")],
        colour: SHADOW_COLOUR,
        isBare: true,
      }),
    ],
    [
      4,
      stat({
        title: "Agents denied",
        description: "Agents that were denied something in the time that is shown.",
        unit: "locale",
        decimals: 0,
        queries: [instantQuery(`count(${countBy("agent", ENFORCED)} > 0) or vector(0)`, "agents")],
        isBare: true,
      }),
    ],
    [
      4,
      stat({
        title: "Approvals that wait",
        description: "Calls that wait for a person's word.",
        unit: "locale",
        decimals: 0,
        queries: [rangeQuery(`sum (${select(METRICS.approvalsPending)})`, "pending")],
        limits: { warn: 1, bad: 10 },
      }),
    ],
    [
      4,
      stat({
        title: "Not evaluable",
        description:
          "How often a condition could not be evaluated in the time that is shown. Such a call is denied; either the agent or the rule is wrong.",
        unit: "locale",
        decimals: 0,
        queries: [instantQuery(total(UNEVALUABLE), "unevaluable")],
        limits: { warn: 1, bad: 100 },
        isBare: true,
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
        title: "Denied calls by reason",
        isLegendBeside: true,
        description: "Calls each second that the policy denied, by reason, on top of each other.",
        unit: "reqps",
        queries: [rangeQuery(`sum by (reason) (${rate(ENFORCED)})`, "{{reason}}")],
        nothing: "nothing was denied in this time",
        isStacked: true,
      }),
    ],
    [
      12,
      graph({
        title: "Denied, and would be denied",
        description:
          "What the policy denies beside what it would deny if rules on trial were enforced. When the yellow line holds only what should be denied, the trial may end.",
        unit: "reqps",
        queries: [
          rangeQuery(`sum (${rate(ENFORCED)}) or vector(0)`, "denied"),
          rangeQuery(`sum (${rate(SHADOWED)}) or vector(0)`, "would be denied"),
        ],
        colours: { denied: "orange", "would be denied": SHADOW_COLOUR },
      }),
    ],
  ],
};

const WHO: GridRow = {
  height: 11,
  panels: [
    [
      10,
      table({
        title: "Probing",
        description:
          "Agents by the number of different tools that they were refused beyond their rights: limits, approvals and freezes do not count. From 5 tools on, the agent is probing.",
        unit: "locale",
        decimals: 0,
        queries: [
          tableQuery(`count by (${grouped("agent")}) (${countBy(grouped("agent, tool"), FORBIDDEN)} > 0)`),
          tableQuery(`${countBy(grouped("agent"), FORBIDDEN)} > 0`),
        ],
        nothing: "no agent was refused beyond its limits",
        sortBy: "Tools refused",
        columns: [
          ...groupingColumns(),
          AGENT,
          { of: "A", title: "Tools refused", look: "signal", limits: { warn: 3, bad: 5 }, width: 120 },
          { of: "B", title: "Calls refused", look: "bar", colour: "orange" },
        ],
      }),
    ],
    [
      14,
      table({
        title: "Denials by agent, tool and reason",
        description:
          "Every denial in the time that is shown; shadow is what passed because the rule is only on trial.",
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(`${countBy(grouped("agent, tool, reason, mode"), DENIALS)} > 0`)],
        nothing: "nothing was denied in this time",
        sortBy: "Denials",
        columns: [
          ...groupingColumns(),
          AGENT,
          {
            of: "tool",
            title: "Tool",
            link: {
              title: "The tool",
              url: boardUrl("tool", { tool: cellValue("Tool"), agent: cellValue("Agent") }),
            },
          },
          { of: "reason", title: "Reason", width: 180 },
          { of: "mode", title: "Mode", width: 90 },
          { of: "A", title: "Denials", look: "bar", colour: "orange", width: 170 },
        ],
      }),
    ],
  ],
};

const RULES: GridRow = {
  height: 12,
  panels: [
    [
      14,
      table({
        title: "Rules that decided",
        description:
          "Decisions by the rule that made them, in the time that is shown, of all agents and tools of the servers chosen.",
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(`${countBy(grouped("rule, effect"), RULE_HITS)} > 0`)],
        nothing: "no rule denied anything in this time",
        sortBy: "Hits",
        columns: [
          ...groupingColumns(),
          { of: "rule", title: "Rule", look: "wrapped" },
          { of: "effect", title: "Effect", width: 110 },
          { of: "A", title: "Hits", look: "bar", colour: "orange", width: 160 },
        ],
      }),
    ],
    [
      10,
      table({
        title: "Rules that never hit",
        description:
          "Rules of the policy in force that decided nothing in the time that is shown: needless, or never reached. Choose a long time before you remove one.",
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(`${countBy(placed("server, rule"), RULE_HITS)} == 0`)],
        nothing: "every rule has hit",
        hidden: ["A"],
        sortBy: "Rule",
        isAscending: true,
        columns: [
          ...placeColumns(),
          { of: "server", title: "Server", width: 120 },
          { of: "rule", title: "Rule", look: "wrapped" },
        ],
      }),
    ],
  ],
};

const ARGUMENTS: GridRow = {
  height: 8,
  panels: [
    [
      14,
      table({
        title: "Arguments that do not fit",
        description:
          "Calls whose arguments did not fit the tool's input schema, or could not be held against it, in the time that is shown. Check validate denies them, observe lets them pass.",
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(`${countBy(grouped("tool, cause, check"), INVALID)} > 0`)],
        nothing: "all arguments fitted",
        sortBy: "Calls",
        columns: [
          ...groupingColumns(),
          {
            of: "tool",
            title: "Tool",
            link: { title: "The tool", url: boardUrl("tool", { tool: cellValue("Tool") }) },
          },
          { of: "cause", title: "Cause", width: 150 },
          { of: "check", title: "Check", width: 90 },
          { of: "A", title: "Calls", look: "bar", colour: "orange", width: 170 },
        ],
      }),
    ],
    [
      10,
      graph({
        title: "Arguments that do not fit, over time",
        description:
          "Calls each second whose arguments did not fit. When observe shows only what should be denied, set the policy to validate.",
        unit: "reqps",
        queries: [rangeQuery(`sum by (check) (${rate(INVALID)})`, "{{check}}")],
        colours: { validate: "orange", observe: SHADOW_COLOUR },
      }),
    ],
  ],
};

const LAST: GridRow = {
  height: 8,
  panels: [
    [
      9,
      table({
        title: "Conditions that could not be evaluated",
        description:
          "Conditions without a result in the time that is shown: the argument was missing, of another type, no exact number, too large, or beside a look-alike.",
        unit: "locale",
        decimals: 0,
        queries: [tableQuery(`${countBy(grouped("rule, cause"), UNEVALUABLE)} > 0`)],
        nothing: "every condition could be evaluated",
        sortBy: "Times",
        columns: [
          ...groupingColumns(),
          { of: "rule", title: "Rule", look: "wrapped" },
          { of: "cause", title: "Cause", width: 80 },
          { of: "A", title: "Times", width: 70 },
        ],
      }),
    ],
    [
      8,
      neutralCounts({
        title: "Approvals by state",
        description:
          "Approvals by the state they came into, in the time that is shown. Many that expire: requests are not reviewed.",
        unit: "locale",
        decimals: 0,
        queries: [
          instantQuery(`round(sum by (state) (${increaseShown(select(METRICS.approvals))}))`, "{{state}}"),
        ],
      }),
    ],
    [
      7,
      graph({
        title: "Policy and tools",
        description:
          "Tools that the policy names and the server does not list, tools that the server lists and no rule names. Both should shrink.",
        unit: "locale",
        decimals: 0,
        queries: [
          rangeQuery(`max (${select(METRICS.policyUnknownTools)})`, "named, not listed"),
          rangeQuery(`max (${select(METRICS.policyUncoveredTools)})`, "listed, not named"),
        ],
        colours: { "named, not listed": "orange", "listed, not named": "yellow" },
        figures: ["max"],
      }),
    ],
  ],
};

export const DENIALS_BOARD = board({
  name: "denials",
  title: "Denials and policy",
  description:
    "What is denied and would be, by reason, rule and agent; who probes; rules that never hit; approvals; conditions that could not be evaluated; arguments that do not fit.",
  variables: [datasource(), ...place(), server(), category(), agent(), tools()],
  rows: [HEAD, OVER_TIME, WHO, RULES, ARGUMENTS, LAST],
});

function total(series: string): string {
  return `round(sum (${increaseShown(series)})) or vector(0)`;
}
