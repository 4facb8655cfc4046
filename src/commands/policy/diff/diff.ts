/** `tollgate policy diff`: says in words how a policy differs from another one. */

import { readProblem } from "../../../config/file-fault.ts";
import { readPolicyFile } from "../../../config/files/policy-file.ts";
import { readAuditLog } from "../audit-lines.ts";
import { columns } from "../../cli/columns.ts";
import {
  type CommandIo,
  EXIT_FAILED,
  EXIT_OK,
  failWith,
  FORMAT_FLAG,
  formatProblem,
  pluralize,
  policyCommand,
  readArguments,
  writeJson,
  writeLines,
} from "../../cli/command.ts";
import { type ChangedDecision, changedDecisions } from "./changed-decisions.ts";
import { comparePolicies } from "./compare-documents.ts";
import { type Difference, DIFFERENCE_KINDS, type DifferenceKind } from "./difference.ts";

/** As diff(1) has it: 1 says that there are differences. */
const EXIT_UNREADABLE = 2;

const HELP = `Usage: tollgate policy diff A B [flags]

Says in words how policy B differs from policy A, place by place: stricter (fewer calls pass), looser (more calls pass),
changed (either), or note (no decision changes: messages and texts). Each call is looked at by itself. Without a
difference, all calls are decided alike.

  --audit LOG            also the recorded calls whose decision differs, as tollgate policy replay decides them
  --format text|json     for people or for programs (text)
  --help                 this text

Examples:
  tollgate policy diff policy.json new-policy.json
  tollgate policy diff policy.json new-policy.json --audit audit.jsonl --format json
Exit codes: 0 every call is decided alike, 1 there are differences, 2 a file cannot be read, 64 bad usage.
`;

const OPTIONS = { audit: { type: "string" }, format: FORMAT_FLAG } as const;

interface DiffRequest {
  readonly before: string;
  readonly after: string;
  readonly audit: string | undefined;
  readonly isJson: boolean;
}

export const DIFF_COMMAND = policyCommand({
  name: "diff",
  summary: "how a policy differs from another one, in words",
  help: HELP,
  parse: parseRequest,
  execute: diff,
});

function parseRequest(argv: readonly string[]): DiffRequest | string[] {
  const read = readArguments(argv, OPTIONS);
  if (!read.ok) return [read.problem];
  const { values, positionals, server } = read;
  const [before = "", after = "", ...others] = positionals;
  const problems = [
    ...(after === "" || others.length > 0 ? ["A B: must be two policies"] : []),
    ...(server.length > 0 ? ["-- COMMAND: is for other commands"] : []),
    ...formatProblem(values.format),
  ];
  return problems.length > 0
    ? problems
    : { before, after, audit: values.audit, isJson: values.format === "json" };
}

async function diff(io: CommandIo, { before, after, audit, isJson }: DiffRequest): Promise<number> {
  const [one, other] = [readPolicyFile(before), readPolicyFile(after)];
  if (!one.ok || !other.ok)
    return failWith(
      io,
      [one, other].flatMap((read) => (read.ok ? [] : read.problems)),
      EXIT_UNREADABLE,
    );
  const log =
    audit === undefined
      ? undefined
      : await readAuditLog(audit, io.stderr).catch((error: unknown) => readProblem(audit, error));
  if (typeof log === "string") return failWith(io, [log], EXIT_UNREADABLE);
  const differences = comparePolicies(one.policy, other.policy);
  const decisions = log && changedDecisions(log, one.policy, other.policy);
  if (isJson)
    writeJson(io, {
      a: before,
      b: after,
      counts: countsOf(differences),
      differences,
      ...(decisions && { decisions }),
    });
  else
    writeLines(io, [...textOf(differences, [before, after]), ...(decisions ? decisionLines(decisions) : [])]);
  return differences.some(({ kind }) => kind !== "note") ? EXIT_FAILED : EXIT_OK;
}

function countsOf(differences: readonly Difference[]): Record<DifferenceKind, number> {
  const counts = { stricter: 0, looser: 0, changed: 0, note: 0 };
  for (const { kind } of differences) counts[kind] += 1;
  return counts;
}

function textOf(differences: readonly Difference[], [before, after]: readonly [string, string]): string[] {
  const counts = countsOf(differences);
  const parts = DIFFERENCE_KINDS.filter((kind) => counts[kind] > 0).map((kind) =>
    kind === "note" ? pluralize(counts.note, "note") : `${counts[kind]} ${kind}`,
  );
  const places = Map.groupBy(differences, ({ place }) => place);
  return [
    `${after} compared with ${before}: ${parts.length === 0 ? "no differences" : parts.join(", ")}`,
    ...Array.from(places).flatMap(([place, found]) => [
      "",
      place,
      ...columns(found.map(({ kind, text }) => [`  ${kind}`, text])),
    ]),
  ];
}

function decisionLines(decisions: readonly ChangedDecision[]): string[] {
  const rows = decisions.map(({ calls, agent, tool, before, after, rule }) => {
    return [String(calls), agent, tool, `${before} -> ${after}`, rule];
  });
  if (rows.length === 0) return ["", "No recorded call is decided otherwise."];
  return ["", ...columns([["calls", "agent", "tool", "decision", "rule"], ...rows])];
}
