/** The report of a replay: counts by agent and tool, changes with their rules, and limitations. */

import { isInFlight } from "../../policy/limit.ts";
import type { CompiledPolicy } from "../../policy/document/compile.ts";
import { mayValidate } from "../../policy/document/document.ts";
import type { AuditLog } from "./audit-lines.ts";
import { pluralize } from "../cli/command.ts";
import type { Replay, ReplayedCall } from "./replay-log.ts";

/** How a decision differs from the recorded one. */
export const CHANGES = [
  "unchanged",
  "allow_to_deny",
  "allow_to_would_deny",
  "deny_to_allow",
  "unknown",
] as const;
export type Change = (typeof CHANGES)[number];

/** Counts for one agent and tool. */
export interface ReplayRow {
  readonly agent: string;
  /** The tool; the method for other methods than tools/call. */
  readonly tool: string;
  readonly calls: number;
  readonly counts: Readonly<Record<Change, number>>;
}

/** Equal changes by the same rule. */
export interface ReplayChange {
  readonly change: Exclude<Change, "unchanged">;
  readonly agent: string;
  readonly tool: string;
  /** The reason of the new denial, or else of the recorded one. */
  readonly reason: string;
  readonly rule: string;
  readonly calls: number;
}

/** The whole report. */
export interface ReplayReport {
  readonly calls: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly counts: Readonly<Record<Change, number>>;
  readonly rows: readonly ReplayRow[];
  readonly changes: readonly ReplayChange[];
  readonly cannotTell: readonly string[];
}

/** Summarises a replay. */
export function reportReplay(log: AuditLog, replay: Replay, policy: CompiledPolicy): ReplayReport {
  const { replayed } = replay;
  const times = replayed.map(({ call }) => new Date(call.atMs).toISOString());
  return {
    calls: replayed.length,
    from: times[0] ?? null,
    to: times.at(-1) ?? null,
    counts: countChanges(replayed),
    rows: rowsOf(replayed),
    changes: changesOf(replayed),
    cannotTell: cannotTell(log, replay, policy),
  };
}

function changeOf({ call, newEffect: now }: ReplayedCall): Change {
  if (now === "unknown") return "unknown";
  if (call.recordedEffect === "deny") return now === "deny" ? "unchanged" : "deny_to_allow";
  if (now === "allow") return "unchanged";
  return now === "deny" ? "allow_to_deny" : "allow_to_would_deny";
}

function countChanges(replayed: readonly ReplayedCall[]): Record<Change, number> {
  const counts = { unchanged: 0, allow_to_deny: 0, allow_to_would_deny: 0, deny_to_allow: 0, unknown: 0 };
  for (const each of replayed) counts[changeOf(each)] += 1;
  return counts;
}

function rowsOf(replayed: readonly ReplayedCall[]): ReplayRow[] {
  const groups = Map.groupBy(replayed, ({ call }) => JSON.stringify([call.agent, call.tool ?? call.method]));
  return Array.from(groups.values(), (group) => {
    const { agent = "", tool, method = "" } = group[0]?.call ?? {};
    return { agent, tool: tool ?? method, calls: group.length, counts: countChanges(group) };
  });
}

/** Equal changes by the same rule in one entry, by descending count. */
function changesOf(replayed: readonly ReplayedCall[]): ReplayChange[] {
  const changed = replayed.flatMap((each) => {
    const change = changeOf(each);
    if (change === "unchanged") return [];
    const { call, denial } = each;
    const reason = denial?.reason ?? call.reason ?? "";
    return [{ change, agent: call.agent, tool: call.tool ?? call.method, reason, rule: denial?.rule ?? "" }];
  });
  const groups = Map.groupBy(changed, (each) => JSON.stringify(each));
  const entries = Array.from(groups.values()).flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, calls: group.length }];
  });
  return entries.toSorted((one, other) => other.calls - one.calls);
}

/** Limitations of the replay, as sentences. */
function cannotTell(log: AuditLog, replay: Replay, policy: CompiledPolicy): string[] {
  const { replayed } = replay;
  const unknown = pluralize(replayed.filter(({ newEffect: now }) => now === "unknown").length, "call");
  return [
    `the log holds names of arguments and no values: ${unknown} may be denied or not; an argument that is named counts as given, though it may have been null`,
    ...(asksForClaims(policy) ? [CLAIMS] : []),
    ...missingFromCalls(replayed, policy),
    ...omittedLines(log, replay),
    "this policy was applied to every agent; settings may bind agents to other policies",
    "an agent that is denied acts differently afterwards: it repeats, gives up, or finds another way",
  ];
}

const CLAIMS = "the log holds no claims of tokens: a rule about groups, scopes or claims may hold or not";

function asksForClaims({ document }: CompiledPolicy): boolean {
  const sets = [
    document.all_tools,
    ...(document.tools?.values() ?? []),
    ...(document.categories?.values() ?? []),
  ];
  const rules = sets.flatMap((set) => [...(set?.require ?? []), ...(set?.deny_if ?? [])]);
  const parts = rules.flatMap(({ conditions }) => conditions.map(({ callerPath }) => callerPath?.[0] ?? ""));
  return parts.some((part) => ["groups", "scopes", "claims", "issuer"].includes(part));
}

function missingFromCalls(replayed: readonly ReplayedCall[], policy: CompiledPolicy): string[] {
  const unnamed = replayed.filter(({ call }) => call.tool !== undefined && !call.argumentNames).length;
  const isBySession = policy.limits.some(({ scope }) => scope === "session");
  const noSession = isBySession ? replayed.filter(({ call }) => call.session === undefined).length : 0;
  const isByUser = policy.limits.some(({ scope }) => scope === "user" || scope === "agent+user");
  const noUser = isByUser ? replayed.filter(({ call }) => call.user === undefined).length : 0;
  return [
    ...countLine(
      unnamed,
      "call",
      "with too many or too long argument names for the log: nothing is known of those",
    ),
    ...(policy.limits.length === 0 ? [] : [COUNTERS]),
    ...(policy.limits.some(isInFlight) ? [IN_FLIGHT] : []),
    ...countLine(
      noSession,
      "call",
      "without a session in the log: a limit for each session counts them for their agent",
    ),
    ...countLine(
      noUser,
      "call",
      "without a user in the log: a limit for each user counts them for their agent",
    ),
    ...(policy.document.categories === undefined ? [] : [CATEGORIES]),
    ...(mayValidate(policy.document) ? [CHECKS] : []),
  ];
}

const COUNTERS =
  "counters start empty at the first line, and calls with an unknown decision are counted as passed; refunds are not known";
const CHECKS =
  'a call without `arguments_check` in the log counts as one that fits its tool\'s schema: a log of an older version, or of a policy with "arguments": "off", does not have it';
const IN_FLIGHT =
  "limits of calls in flight are not replayed, since the log does not say how long a call would have taken";
const CATEGORIES = "categories are the recorded ones, which the policy of that time may have set";

function omittedLines(
  { withoutDecision, unreadable }: AuditLog,
  { outsidePolicy: outside }: Replay,
): string[] {
  const causes = "(identity, freeze, approval, limit store)";
  return [
    ...countLine(outside, "call", `denied by something other than a policy's rules ${causes}`),
    ...countLine(withoutDecision, "line", "about messages without a policy decision"),
    ...countLine(unreadable, "line", "that could not be read"),
  ].map((text) => `left out: ${text}`);
}

function countLine(number: number, noun: string, text: string): string[] {
  return number === 0 ? [] : [`${pluralize(number, noun)} ${text}`];
}
