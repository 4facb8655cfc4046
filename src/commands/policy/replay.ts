/** `tollgate policy replay`: shows which recorded decisions a policy would have changed. */

import { readProblem } from "../../config/file-fault.ts";
import { readPolicyFile } from "../../config/files/policy-file.ts";
import { columns } from "../cli/columns.ts";
import { readAuditLog } from "./audit-lines.ts";
import {
  EXIT_OK,
  failWith,
  FORMAT_FLAG,
  formatProblem,
  policyCommand,
  type CommandIo,
  readArguments,
  writeLines,
  writeJson,
} from "../cli/command.ts";
import { replayLog } from "./replay-log.ts";
import { type Change, CHANGES, type ReplayReport, reportReplay } from "./replay-report.ts";

const HELP = `Usage: tollgate policy replay FILE --audit LOG [flags]

Decides the calls of an audit log again under this policy, and shows which would now be denied and which would pass.
Limits use the recorded times. It also lists its limitations: the log contains no argument values.

  --audit LOG            the log that tollgate run --audit wrote
  --agent NAME           only the calls of this agent
  --format text|json     for people or for programs (text)
  --help                 this text

Examples: tollgate policy replay new-policy.json --audit audit.jsonl
          tollgate policy replay new-policy.json --audit audit.jsonl --agent nightly --format json
Exit codes: 0 replayed, whatever the changes; 1 the policy or the log cannot be read; 64 bad usage.
`;

const OPTIONS = { audit: { type: "string" }, agent: { type: "string" }, format: FORMAT_FLAG } as const;

interface ReplayRequest {
  readonly file: string;
  readonly audit: string;
  readonly agent: string | undefined;
  readonly isJson: boolean;
}

export const REPLAY_COMMAND = policyCommand({
  name: "replay",
  summary: "what a policy would have changed in a recorded audit log",
  help: HELP,
  parse: parseRequest,
  execute: replay,
});

function parseRequest(argv: readonly string[]): ReplayRequest | string[] {
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

async function replay(io: CommandIo, { file, audit, agent, isJson }: ReplayRequest): Promise<number> {
  const loaded = readPolicyFile(file);
  if (!loaded.ok) return failWith(io, loaded.problems);
  const log = await readAuditLog(audit, io.stderr).catch((error: unknown) => readProblem(audit, error));
  if (typeof log === "string") return failWith(io, [log]);
  const { policy } = loaded;
  // Replay the calls of all agents, since server-wide limits count them; then keep one agent's.
  const { replayed, outsidePolicy: outside } = replayLog(log, policy);
  const kept = replayed.filter(({ call }) => agent === undefined || call.agent === agent);
  const report = reportReplay(log, { replayed: kept, outsidePolicy: outside }, policy);
  if (isJson) writeJson(io, jsonOf(report, file, audit));
  else writeReplay(io, report, file);
  return EXIT_OK;
}

function jsonOf({ cannotTell, ...report }: ReplayReport, policy: string, audit: string): object {
  return { policy, audit, ...report, cannot_tell: cannotTell };
}

const CHANGE_TEXT: Readonly<Record<Change, string>> = {
  unchanged: "unchanged",
  allow_to_deny: "allow -> deny",
  allow_to_would_deny: "allow -> would_deny",
  deny_to_allow: "deny -> allow",
  unknown: "cannot tell",
};

function writeReplay(io: CommandIo, report: ReplayReport, file: string): void {
  const span = report.from === null ? "" : `, ${report.from} to ${report.to}`;
  writeLines(io, [
    `${report.calls} recorded calls under ${file}${span}`,
    "",
    ...replayTables(report),
    "",
    "What this cannot tell:",
    ...report.cannotTell.map((line) => `- ${line}`),
  ]);
}

/** Counts by agent and tool, and below them the changes, where there are some. */
export function replayTables(report: ReplayReport): string[] {
  const used = CHANGES.filter((change) => change !== "allow_to_would_deny" || report.counts[change] > 0);
  const rows = report.rows.map(({ agent, tool, calls, counts }) => {
    return [agent, tool, String(calls), ...used.map((change) => String(counts[change] || "·"))];
  });
  const changes = report.changes.map(({ change, agent, tool, calls, reason, rule }) => {
    return [CHANGE_TEXT[change], String(calls), agent, tool, [reason, rule].join(" ").trim()];
  });
  return [
    ...columns([["agent", "tool", "calls", ...used.map((change) => CHANGE_TEXT[change])], ...rows]),
    ...(changes.length === 0
      ? []
      : ["", ...columns([["change", "calls", "agent", "tool", "because"], ...changes])]),
  ];
}
