/** `tollgate audit query`: counts and lists records of audit logs of any length. */

import { errorCode, readProblem } from "../../config/file-fault.ts";
import type { Readable } from "node:stream";
import { pluralize, EXIT_OK, type CommandIo, refuseUsage, EXIT_FAILED } from "../cli/command.ts";
import { pluralizeMany, withProgress } from "../cli/progress.ts";
import { groupLines, recordLines } from "./query-output.ts";
import { type AuditQuery, parseAuditQuery } from "./query-flags.ts";
import { readLines } from "./read-lines.ts";
import { type AuditRecord, fieldText, parseRecord } from "./record.ts";
import { RecordGroups, LatestRecords } from "./tally.ts";
import { escapeInvisible } from "../../json/escape-invisible.ts";

export interface AuditCommandIo extends CommandIo {
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const QUERY_HELP = `Usage: tollgate audit query --audit LOG... [filters] [--by FIELD,...] [flags]

Counts the records of audit logs by fields, or shows the latest ones. Reads gzipped logs too, and - for stdin.

  --audit LOG...         logs that tollgate run --audit wrote, such as --audit audit.jsonl* (TOLLGATE_AUDIT)
  --tool NAME  --agent NAME  --user NAME  --server NAME  --session ID  --address IP
  --rule POINTER  --action WORD  --operator NAME  (freeze, unfreeze, approve, reject, label, reload,
                         wrong_token, records_lost: a change of control, with its action as effect)
  --category, --effect (or --decision), --reason, --outcome WORD
                         only records with this value; given twice: with either
  --since, --until TIME  30d, 2h, 15m ago; or a date as 2026-07-01 or 2026-07-01T12:00:00Z
  --by FIELD,...         count by agent user tool category effect reason rule outcome server method mode
                         client source session address cause action operator day hour; without it the records are shown
  --sum NAME,...         also sum duration_ms, result_bytes, args_bytes
  --format table|json|csv
  --limit N              rows shown, the most frequent or the latest (100)
  --help                 this text

Examples: tollgate audit query --audit audit.jsonl --tool StartAHORunBatch --since 30d --by agent,effect,reason
          tollgate audit query --audit audit.jsonl --effect deny --since 1h --format json
Exit codes: 0 done, also when nothing was found; 1 a log cannot be read; 64 bad usage.
`;

/** Returns the exit code. Relative times such as `--since 30d` count back from `nowMs`. */
export async function runQuery(
  argv: readonly string[],
  io: AuditCommandIo,
  nowMs = Date.now(),
): Promise<number> {
  const query = parseAuditQuery(argv, { nowMs, audit: io.env["TOLLGATE_AUDIT"] });
  if (Array.isArray(query)) return refuseUsage(io, "tollgate audit query", query);
  const groups = new RecordGroups(query);
  const latest = new LatestRecords(query.limit);
  const found = { records: 0, matching: 0, unreadable: 0 };
  const addLine = (line: string): void => {
    const record = parseRecord(line);
    if (record === undefined) return void (found.unreadable += 1);
    found.records += 1;
    if (!matchesQuery(query, record)) return;
    found.matching += 1;
    if (query.by.length === 0) latest.add(record);
    else groups.add(record);
  };
  const reader = { line: addLine, tooLong: () => (found.unreadable += 1) };
  const problems = await withProgress(
    io.stderr,
    () => `reading, ${pluralizeMany(found.records, "record")}`,
    () => readAll(query.files, io, reader),
  );
  const isGrouped = query.by.length > 0;
  await writeAll(io, isGrouped ? groupLines(query, groups.top()) : recordLines(query, latest.all()));
  const all = isGrouped ? groups.size : found.matching;
  writeNotes(io, problems, { ...found, all, shown: Math.min(all, query.limit), isGrouped });
  return problems.length === 0 ? EXIT_OK : EXIT_FAILED;
}

function matchesQuery({ filters, since, until }: AuditQuery, record: AuditRecord): boolean {
  if (since !== undefined && record.time < since) return false;
  if (until !== undefined && record.time >= until) return false;
  for (const [name, values] of filters) if (!values.has(fieldText(record, name))) return false;
  return true;
}

/** Reads all logs. Returns a problem for each that cannot be read, and goes on with the next. */
async function readAll(
  files: readonly string[],
  { stdin }: AuditCommandIo,
  reader: Parameters<typeof readLines>[2],
): Promise<string[]> {
  const problems: string[] = [];
  for (const file of files) {
    try {
      await readLines(file, stdin, reader);
    } catch (error) {
      problems.push(
        errorCode(error) === undefined
          ? `${file}: cannot be read: ${String(error)}`
          : readProblem(file, error),
      );
    }
  }
  return problems;
}

/** Writes lines, and waits while a slow reader such as a pager applies backpressure. */
async function writeAll({ stdout }: AuditCommandIo, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    if (!stdout.write(`${escapeInvisible(line.trimEnd())}\n`))
      await new Promise((resolve) => stdout.once("drain", resolve));
  }
}

interface QueryCounts {
  readonly records: number;
  readonly matching: number;
  readonly unreadable: number;
  readonly all: number;
  readonly shown: number;
  readonly isGrouped: boolean;
}

/** Writes notes to stderr, apart from the data on stdout. */
function writeNotes({ stderr }: AuditCommandIo, problems: readonly string[], found: QueryCounts): void {
  const { records, matching, unreadable, all, shown, isGrouped } = found;
  const lines = [
    ...problems,
    ...(unreadable > 0 ? [`${pluralize(unreadable, "line")} could not be read as records`] : []),
    ...(matching === 0 ? [`none of ${pluralize(records, "record")} matches`] : []),
    ...(shown < all
      ? [`${shown} of ${pluralize(all, isGrouped ? "group" : "record")} shown; more with --limit`]
      : []),
  ];
  for (const line of lines) stderr.write(`tollgate: ${escapeInvisible(line)}\n`);
}
