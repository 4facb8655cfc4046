/** Makes the policy document of what was observed; each part says in its description from how many calls. */

import { escapeName } from "../../../policy/names/pattern.ts";
import { type Json, JsonNumber, type JsonObject } from "../../../json/json.ts";
import { pluralize } from "../../cli/command.ts";
import { type Observations, OTHER_AGENTS, type ToolUse } from "./observations.ts";
import { SeenValues } from "./seen-values.ts";
import { valueRule } from "./value-rules.ts";
import { mergeFigures, percentile, type WindowFigures } from "./window-counts.ts";

export const WINDOWS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
export type LearnWindow = keyof typeof WINDOWS;

export interface PolicyOptions {
  readonly window: LearnWindow;
  /** How much more than the 99th percentile a limit lets pass: 1.5 is half as much again. */
  readonly headRoom: number;
  readonly maxValues: number;
  readonly isEnforced: boolean;
  /** The settings bind the policy to its agent, so that no rule asks for it. */
  readonly isBound?: boolean;
  /** Sentences for the head of the policy. */
  readonly remarks: readonly string[];
}

/** A tool, and its calls by agent. */
export interface LearnedTool {
  readonly name: string;
  readonly uses: readonly ToolUse[];
}

/** Longest list of agents in a rule. */
const MAX_AGENTS = 100;
/** The audit log cuts longer names. */
const MAX_LOGGED_NAME = 256;
const SHARE = 0.99;

/** The tools with calls that passed, by name; of one agent alone where one is given. */
export function learnedTools({ tools }: Observations, agent?: string): LearnedTool[] {
  return Array.from(tools, ([name, byAgent]) => {
    const uses = [...byAgent.values()].filter(
      (use) => use.calls > 0 && (agent === undefined || use.agent === agent),
    );
    return { name, uses: uses.toSorted((one, other) => other.calls - one.calls) };
  })
    .filter(({ uses }) => uses.length > 0)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Every agent with a call that passed. */
export function agentsOf(tools: readonly LearnedTool[]): string[] {
  return [...new Set(tools.flatMap(({ uses }) => uses.map((use) => use.agent)))].toSorted();
}

/** The document, for all agents of `tools`. */
export function learnedDocument(tools: readonly LearnedTool[], options: PolicyOptions): JsonObject {
  const agents = agentsOf(tools);
  const isCommon = tools.every(({ uses }) => uses.length === agents.length);
  const common =
    isCommon && options.isBound !== true
      ? agentRule(agents, `${agentsText(agents)} in ${pluralize(totalOf(tools), "call")}, each to every tool`)
      : undefined;
  const entries = tools.map((tool): [string, Json] => [
    keyOf(tool.name),
    toolEntry(tool, options, common === undefined && options.isBound !== true),
  ]);
  const mode: [string, Json][] = options.isEnforced ? [] : [["mode", "shadow"]];
  return new Map<string, Json>([
    ["description", options.remarks.join(" ")],
    ["version", "1"],
    ["default", "deny"],
    ...mode,
    ...(common === undefined
      ? []
      : ([["all_tools", new Map([["require", [common]]])]] satisfies [string, Json][])),
    ["tools", new Map(entries)],
  ]);
}

/** A name that the log has cut stands for every name that begins so. */
function keyOf(tool: string): string {
  if (tool.length < MAX_LOGGED_NAME) return escapeName(tool);
  // Half of a character is no text that a file can hold.
  return `${escapeName(tool.replace(/[\ud800-\udbff]$/, ""))}*`;
}

function toolEntry(tool: LearnedTool, options: PolicyOptions, hasAgents: boolean): JsonObject {
  const { uses } = tool;
  const calls = sum(uses, (use) => use.calls);
  const agents = uses.map((use) => use.agent);
  const byAgent = hasAgents
    ? agentRule(agents, `${agentsText(agents)} in ${pluralize(calls, "call")}`)
    : undefined;
  const values = valueRules(uses, calls, options);
  const rules = [byAgent, ...values.map(({ rule }) => rule)].filter((rule) => rule !== undefined);
  const notes = values.flatMap(({ rule, note }) => (rule === undefined ? [note] : []));
  // A person was asked each time, and is asked again.
  const isAsking = sum(uses, (use) => use.approved) === calls;
  return new Map<string, Json>([
    ["description", [usesText(uses, calls), ...notes].join("; ")],
    ...(isAsking ? ([["action", "approve"]] satisfies [string, Json][]) : []),
    ...(rules.length === 0 ? [] : ([["require", rules]] satisfies [string, Json][])),
    ["limits", [limitOf(mergeFigures(uses.map(({ windows }) => windows.end())), calls, options)]],
  ]);
}

function totalOf(tools: readonly LearnedTool[]): number {
  return sum(tools, ({ uses }) => sum(uses, ({ calls }) => calls));
}

/** Undefined where no name was proven, and where some agents have no name here. */
function agentRule(agents: readonly string[], description: string): JsonObject | undefined {
  const isNamed = agents.some((agent) => agent !== "anonymous") && !agents.includes(OTHER_AGENTS);
  if (!isNamed || agents.length > MAX_AGENTS) return undefined;
  const condition = new Map<string, Json>([
    ["path", "caller.agent"],
    ["op", "in"],
    ["value", agents.toSorted()],
  ]);
  return new Map<string, Json>([
    ["description", description],
    ["conditions", [condition]],
  ]);
}

function agentsText(agents: readonly string[]): string {
  const named = agents.filter((agent) => agent !== OTHER_AGENTS);
  return named.length === agents.length
    ? pluralize(agents.length, "agent")
    : `more than ${pluralize(named.length, "agent")}`;
}

const MAX_NAMED_AGENTS = 5;

function usesText(uses: readonly ToolUse[], calls: number): string {
  const approved = sum(uses, (use) => use.approved);
  const shadowed = sum(uses, (use) => use.shadowed);
  const named = uses
    .slice(0, MAX_NAMED_AGENTS)
    .map((use) => `${use.agent === OTHER_AGENTS ? "others" : use.agent} ${use.calls}`);
  const others = uses.length > named.length ? [`${uses.length - named.length} other agents`] : [];
  return [
    `${pluralize(calls, "call")}: ${[...named, ...others].join(", ")}`,
    ...(approved > 0 ? [`${approved} approved by a person`] : []),
    ...(shadowed > 0 ? [`${shadowed} passed in shadow mode alone`] : []),
  ].join("; ");
}

function valueRules(
  uses: readonly ToolUse[],
  calls: number,
  { maxValues }: PolicyOptions,
): ReturnType<typeof valueRule>[] {
  if (maxValues === 0) return [];
  const paths = new Set(uses.flatMap(({ values }) => [...values.keys()]));
  return Array.from(paths, (path) => {
    const seen = new SeenValues(maxValues);
    for (const use of uses) {
      const own = use.values.get(path);
      if (own !== undefined) seen.merge(own);
      seen.addMissing(use.withoutArguments);
    }
    return valueRule(path, seen, calls);
  });
}

function limitOf(figures: WindowFigures, calls: number, { window, headRoom }: PolicyOptions): JsonObject {
  const usual = percentile(figures, SHARE);
  const max = Math.max(Math.ceil(usual * headRoom), figures.most);
  const windows = sum([...figures.windows], ([, number]) => number);
  const description =
    `${pluralize(calls, "call")}: 99 % of ${pluralize(windows, window)} had at most ${pluralize(usual, "call")} of an agent; ` +
    (max > Math.ceil(usual * headRoom)
      ? `as many as ${max} came within one ${window}`
      : `with head room ${max}`);
  return new Map<string, Json>([
    ["description", description],
    ["counter", "calls"],
    ["window", window],
    ["max", new JsonNumber(String(max))],
    ["scope", "agent"],
  ]);
}

function sum<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + amountOf(item), 0);
}
