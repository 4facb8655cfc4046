/** `tollgate audit query`: which agents called what, how often, what was denied and why, from audit logs of any length. */

import type { Readable } from "node:stream";
import { count, DONE, type PolicyWorld, refuseUsage, visible, WRONG } from "../cli/command.ts";
import { groupLines, recordLines } from "./query-output.ts";
import { type Query, readQuery } from "./query-flags.ts";
import { readLines } from "./read-lines.ts";
import { type AuditRecord, fieldOf, readRecord } from "./record.ts";
import { Groups, Latest } from "./tally.ts";

export interface AuditWorld extends PolicyWorld {
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const QUERY_HELP = `Usage: tollgate audit query --audit LOG... [filters] [--by FIELD,...] [flags]

Counts the records of audit logs by fields, or shows the latest ones. Reads gzipped logs too, and - for stdin.

  --audit LOG...         logs that tollgate run --audit wrote, such as --audit audit.jsonl* (TOLLGATE_AUDIT)
  --tool NAME  --agent NAME  --server NAME  --session ID  --rule POINTER
  --category, --effect (or --decision), --reason, --outcome WORD
                         only records with this value; given twice: with either
  --since, --until TIME  30d, 2h, 15m ago; or a date as 2026-07-01 or 2026-07-01T12:00:00Z
  --by FIELD,...         count by agent tool category effect reason rule outcome server method mode client
                         source session cause day hour; without it the records are shown
  --sum NAME,...         also sum duration_ms, result_bytes, args_bytes
  --format table|json|csv
  --limit N              rows shown, the most frequent or the latest (100)
  --help                 this text

Example: tollgate audit query --tool StartAHORunBatch --since 30d --by agent,effect,reason
Exit codes: 0 done, also when nothing was found; 1 a log cannot be read; 64 bad usage.
`;

/** Returns the exit code; `nowMs` is what `--since 30d` counts back from. */
export async function runQuery(
  argv: readonly string[],
  world: AuditWorld,
  nowMs = Date.now(),
): Promise<number> {
  const query = readQuery(argv, { nowMs, audit: world.env["TOLLGATE_AUDIT"] });
  if (Array.isArray(query)) return refuseUsage(world, "query", query, "audit");
  const groups = new Groups(query);
  const latest = new Latest(query.limit);
  const found = { records: 0, matching: 0, unreadable: 0 };
  const take = (line: string): void => {
    const record = readRecord(line);
    if (record === undefined) return void (found.unreadable += 1);
    found.records += 1;
    if (!matches(query, record)) return;
    found.matching += 1;
    if (query.by.length === 0) latest.add(record);
    else groups.add(record);
  };
  const problems = await readAll(query.files, world, { line: take, tooLong: () => (found.unreadable += 1) });
  const isGrouped = query.by.length > 0;
  await print(world, isGrouped ? groupLines(query, groups.top()) : recordLines(query, latest.all()));
  const all = isGrouped ? groups.size : found.matching;
  report(world, problems, { ...found, all, shown: Math.min(all, query.limit), isGrouped });
  return problems.length === 0 ? DONE : WRONG;
}

function matches({ filters, since, until }: Query, record: AuditRecord): boolean {
  if (since !== undefined && record.time < since) return false;
  if (until !== undefined && record.time >= until) return false;
  for (const [name, values] of filters) if (!values.has(fieldOf(record, name))) return false;
  return true;
}

/** What could not be read, each with why; the other logs are read all the same. */
async function readAll(
  files: readonly string[],
  { stdin }: AuditWorld,
  reader: Parameters<typeof readLines>[2],
): Promise<string[]> {
  const problems: string[] = [];
  for (const file of files) {
    try {
      await readLines(file, stdin, reader);
    } catch (error) {
      const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
      problems.push(`${file}: cannot be read: ${why}`);
    }
  }
  return problems;
}

/** Waits for a slow reader, such as a pager. */
async function print({ stdout }: AuditWorld, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    if (!stdout.write(`${visible(line.trimEnd())}\n`))
      await new Promise((resolve) => stdout.once("drain", resolve));
  }
}

interface Found {
  readonly records: number;
  readonly matching: number;
  readonly unreadable: number;
  readonly all: number;
  readonly shown: number;
  readonly isGrouped: boolean;
}

/** What a program must not take for data, and a person wants to know. */
function report({ stderr }: AuditWorld, problems: readonly string[], found: Found): void {
  const { records, matching, unreadable, all, shown, isGrouped } = found;
  const lines = [
    ...problems,
    ...(unreadable > 0 ? [`${count(unreadable, "line")} could not be read as records`] : []),
    ...(matching === 0 ? [`none of ${count(records, "record")} matches`] : []),
    ...(shown < all
      ? [`${shown} of ${count(all, isGrouped ? "group" : "record")} shown; more with --limit`]
      : []),
  ];
  for (const line of lines) stderr.write(`tollgate: ${visible(line)}\n`);
}
