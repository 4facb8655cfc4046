/** Sentences for the head of a learned policy, and notes for its author. */

import { escapeInvisible } from "../../../json/escape-invisible.ts";
import type { ToolDefinition } from "../../../mcp/tool-definition.ts";
import { pluralize } from "../../cli/command.ts";
import { agentsOf, learnedTools, type PolicyOptions } from "./learned-policy.ts";
import { type Observations, OTHER_AGENTS } from "./observations.ts";
import type { LeftOut } from "./read-logs.ts";

/** Most names in one sentence. */
const MAX_NAMES = 20;

/** Sentences for the head of the policy. */
export function remarksOf(
  observations: Observations,
  { isEnforced, headRoom }: Pick<PolicyOptions, "isEnforced" | "headRoom">,
  tools: readonly ToolDefinition[] | undefined,
): string[] {
  const learned = learnedTools(observations);
  const agents = agentsOf(learned).filter((agent) => agent !== OTHER_AGENTS);
  const from = `${pluralize(observations.passed, "call")} of ${pluralize(agents.length, "agent")} to ${pluralize(learned.length, "tool")}`;
  const span = observations.span;
  const time = span === undefined ? "" : `, ${isoDay(span.fromMs)} to ${isoDay(span.toMs)}`;
  const mode = isEnforced
    ? "Everything else is denied."
    : 'Everything else is denied in shadow mode: it passes and is counted. Remove "mode" to deny it.';
  return [
    `Learned by tollgate policy learn from ${from}${time}.`,
    mode,
    `Limits are ${headRoom} times the calls that 99 % of the windows had, and at least what the log has in one.`,
    ...neverCalled(
      learned.map(({ name }) => name),
      tools,
    ),
  ];
}

function isoDay(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16)}Z`;
}

function neverCalled(called: readonly string[], tools: readonly ToolDefinition[] | undefined): string[] {
  if (tools === undefined) return [];
  const known = new Set(called);
  const listed = new Set(tools.map(({ name }) => name));
  const unused = [...listed].filter((name) => !known.has(name));
  const unlisted = called.filter((name) => !listed.has(name));
  return [
    ...(unused.length === 0 ? [] : [`Listed by the server and never called, so denied: ${names(unused)}.`]),
    ...(unlisted.length === 0 ? [] : [`Called, and no longer listed by the server: ${names(unlisted)}.`]),
  ];
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, MAX_NAMES).map((name) => escapeInvisible(name));
  const others = all.length - shown.length;
  return `${shown.join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
}

/** Notes for stderr: calls that nothing was learned from. */
export function learnNotes(observations: Observations, found: LeftOut): string[] {
  const { deniedCalls, denied, shadowed, late, passed, tools } = observations;
  const onlyDenied = [...denied.keys()].filter((tool) => !isLearned(observations, tool));
  return [
    `learned from ${pluralize(passed, "call")} of ${pluralize(found.lines, "line")}`,
    ...(deniedCalls === 0 ? [] : [`${pluralize(deniedCalls, "call")} denied: nothing was learned from them`]),
    ...(onlyDenied.length === 0
      ? []
      : [`${pluralize(onlyDenied.length, "tool")} only denied, and left out: ${names(onlyDenied)}`]),
    ...(shadowed === 0
      ? []
      : [
          `${pluralize(shadowed, "call")} passed in shadow mode alone, and the policy lets them pass: see whether it should`,
        ]),
    ...(late === 0
      ? []
      : [
          `${pluralize(late, "call")} far out of the order of time: the limits of their tools are higher by as many`,
        ]),
    ...([...tools.values()].some((uses) => uses.has(OTHER_AGENTS))
      ? ["some tools have more agents than are counted apart: the policy asks for no agent there"]
      : []),
    ...leftOutNotes(found),
  ];
}

function isLearned({ tools }: Observations, tool: string): boolean {
  return Array.from(tools.get(tool)?.values() ?? []).some(({ calls }) => calls > 0);
}

function leftOutNotes({ unreadable, newer, outsideSpan, cut }: LeftOut): string[] {
  return [
    ...cut.map((file) => `${escapeInvisible(file)}: its last line is cut off, and left out`),
    ...(unreadable === 0
      ? []
      : [`${pluralize(unreadable, "line")} could not be read as records, and left out`]),
    ...(newer === 0
      ? []
      : [
          `${pluralize(newer, "record")} of another version of the log, and left out: learn with the version that wrote them`,
        ]),
    ...(outsideSpan === 0 ? [] : [`${pluralize(outsideSpan, "call")} outside --since and --until`]),
  ];
}

/** Why no policy can be learned, and what to do. */
export function nothingLearned(
  logs: readonly string[],
  observations: Observations,
  found: LeftOut,
): string[] {
  const log = logs.map((file) => (file === "-" ? "standard input" : file)).join(", ");
  return [`${log}: nothing to learn from: ${reasonOf(observations, found)}`, ...leftOutNotes(found)];
}

function reasonOf({ deniedCalls }: Observations, { lines, other, newer, outsideSpan }: LeftOut): string {
  if (lines === 0)
    return "the log is empty; run Tollgate with --audit while agents work, in shadow mode if need be";
  if (deniedCalls > 0)
    return `${pluralize(deniedCalls, "call")}, and none passed; run in shadow mode while agents work`;
  if (outsideSpan > 0) return "no call is within --since and --until";
  if (newer > 0) return "its records are of another version of the log";
  if (other > 0) return "its records are about no call of a tool";
  return "none of its lines is a record of an audit log";
}
