/** `tollgate policy replay`: what this policy would have changed in a recorded audit log, and what that cannot tell. */

import { readPolicyFile } from "../../config/files/policy-file.ts";
import { columns } from "../cli/columns.ts";
import { readAuditLog } from "./audit-lines.ts";
import {
  DONE,
  fail,
  FORMAT,
  formatProblem,
  policyCommand,
  type PolicyWorld,
  readArguments,
  say,
  sayJson,
} from "../cli/command.ts";
import { replayLog } from "./replay-log.ts";
import { type Change, CHANGES, type ReplayReport, reportReplay } from "./replay-report.ts";

const HELP = `Usage: tollgate policy replay FILE --audit LOG [flags]

Judges the calls of an audit log again, by this policy: who would have been denied what, and what would have passed.
Limits are run again on the recorded times. It also says what it cannot tell: the log holds no argument values.

  --audit LOG            the log that tollgate run --audit wrote
  --agent NAME           only the calls of this agent
  --format text|json     for people or for programs (text)
  --help                 this text

Exit codes: 0 replayed, whatever has changed; 1 the policy or the log cannot be read; 64 bad usage.
`;

const OPTIONS = { audit: { type: "string" }, agent: { type: "string" }, format: FORMAT } as const;

interface Request {
  readonly file: string;
  readonly audit: string;
  readonly agent: string | undefined;
  readonly isJson: boolean;
}

export const REPLAY = policyCommand({
  name: "replay",
  summary: "what a policy would have changed in a recorded audit log",
  help: HELP,
  read: readRequest,
  work: replay,
});

function readRequest(argv: readonly string[]): Request | string[] {
  const read = readArguments(argv, OPTIONS);
  if (!read.ok) return [read.problem];
  const { values, positionals, server } = read;
  const [file = "", ...others] = positionals;
  const { audit = "", agent, format } = values;
  const problems = [
    ...(file === "" || others.length > 0 ? ["FILE: must be one policy"] : []),
    ...(audit === "" ? ["--audit: is required"] : []),
    ...(server.length > 0 ? ["-- COMMAND: is for other commands"] : []),
    ...formatProblem(format),
  ];
  return problems.length > 0 ? problems : { file, audit, agent, isJson: format === "json" };
}

async function replay(world: PolicyWorld, { file, audit, agent, isJson }: Request): Promise<number> {
  const loaded = readPolicyFile(file);
  if (!loaded.ok) return fail(world, loaded.problems);
  const log = await readAuditLog(audit).catch((error: unknown) => codeOf(error));
  if (typeof log === "string") return fail(world, [`${audit}: cannot be read: ${log}`]);
  const { policy } = loaded;
  // Limits of the whole server need the calls of all agents.
  const { replayed, outside } = replayLog(log, policy);
  const kept = replayed.filter(({ call }) => agent === undefined || call.agent === agent);
  const report = reportReplay(log, { replayed: kept, outside }, policy);
  if (isJson) sayJson(world, jsonOf(report, file, audit));
  else tell(world, report, file);
  return DONE;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}

function jsonOf({ cannotTell, ...report }: ReplayReport, policy: string, audit: string): object {
  return { policy, audit, ...report, cannot_tell: cannotTell };
}

const WORDS: Readonly<Record<Change, string>> = {
  unchanged: "unchanged",
  allow_to_deny: "allow -> deny",
  allow_to_would_deny: "allow -> would_deny",
  deny_to_allow: "deny -> allow",
  unknown: "cannot tell",
};

function tell(world: PolicyWorld, report: ReplayReport, file: string): void {
  const used = CHANGES.filter((change) => change !== "allow_to_would_deny" || report.counts[change] > 0);
  const rows = report.rows.map(({ agent, tool, calls, counts }) => {
    return [agent, tool, String(calls), ...used.map((change) => String(counts[change] || "·"))];
  });
  const changes = report.changes.map(({ change, agent, tool, calls, reason, rule }) => {
    return [WORDS[change], String(calls), agent, tool, [reason, rule].join(" ").trim()];
  });
  const span = report.from === null ? "" : `, ${report.from} to ${report.to}`;
  say(world, [
    `${report.calls} recorded calls under ${file}${span}`,
    "",
    ...columns([["agent", "tool", "calls", ...used.map((change) => WORDS[change])], ...rows]),
    ...(changes.length === 0
      ? []
      : ["", ...columns([["change", "calls", "agent", "tool", "because"], ...changes])]),
    "",
    "What this cannot tell:",
    ...report.cannotTell.map((line) => `- ${line}`),
  ]);
}
