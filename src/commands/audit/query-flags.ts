/** Parses the command line of `tollgate audit query`. */

import { OUTCOMES } from "../../mcp/vocabulary.ts";
import { CATEGORIES } from "../../policy/category/category.ts";
import { EFFECTS, REASONS } from "../../policy/mode.ts";
import { didYouMean } from "../../policy/schema/did-you-mean.ts";
import { formatProblem, readArguments } from "../cli/command.ts";
import { type FieldName, FIELDS, isFieldName, isSumName, SUMS } from "./record.ts";
import type { GroupingOptions } from "./tally.ts";
import { parseTimeBound } from "./time-bound.ts";

/** A checked query. */
export interface AuditQuery extends GroupingOptions {
  readonly files: readonly string[];
  /** A record must have one of the values in each field. */
  readonly filters: ReadonlyMap<FieldName, ReadonlySet<string>>;
  /** ISO 8601 in UTC, as in the log; `since` is inclusive, `until` exclusive. */
  readonly since?: string;
  readonly until?: string;
  readonly format: QueryFormat;
}

export type QueryFormat = "table" | "json" | "csv";
const QUERY_FORMATS = ["table", "json", "csv"] as const;

const REPEATABLE = { type: "string", multiple: true } as const;
const FILTERS = [
  "agent",
  "user",
  "tool",
  "category",
  "effect",
  "reason",
  "rule",
  "outcome",
  "server",
  "session",
  "address",
  "action",
  "operator",
] as const satisfies readonly FieldName[];

const OPTIONS = {
  audit: REPEATABLE,
  agent: REPEATABLE,
  user: REPEATABLE,
  tool: REPEATABLE,
  category: REPEATABLE,
  effect: REPEATABLE,
  decision: REPEATABLE,
  reason: REPEATABLE,
  rule: REPEATABLE,
  outcome: REPEATABLE,
  server: REPEATABLE,
  session: REPEATABLE,
  address: REPEATABLE,
  action: REPEATABLE,
  operator: REPEATABLE,
  since: { type: "string" },
  until: { type: "string" },
  by: { type: "string", default: "" },
  sum: { type: "string", default: "" },
  format: { type: "string", default: "table" },
  limit: { type: "string", default: "100" },
} as const;

const MAX_ROWS = 100_000;

/** The command line with lists split, before any check. */
interface UncheckedQuery {
  readonly files: readonly string[];
  readonly filters: Readonly<Record<(typeof FILTERS)[number], readonly string[]>>;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly by: readonly string[];
  readonly sums: readonly string[];
  readonly format: string;
  readonly limit: string;
}

export interface QueryDefaults {
  /** The moment that relative times such as `30d` count back from. */
  readonly nowMs: number;
  /** The log named by `TOLLGATE_AUDIT`, if any. */
  readonly audit: string | undefined;
}

/** Returns the query, or all problems of the command line. */
export function parseAuditQuery(
  argv: readonly string[],
  { nowMs, audit }: QueryDefaults,
): AuditQuery | string[] {
  const read = readArguments(argv, OPTIONS);
  if (!read.ok) return [read.problem];
  const { values, positionals, server } = read;
  const { agent = [], tool = [], category = [], reason = [], rule = [], outcome = [], session = [] } = values;
  const { user = [], address = [], action = [], operator = [], since, until, format, limit } = values;
  const effect = [...(values.effect ?? []), ...(values.decision ?? [])];
  const given = [...(values.audit ?? []), ...positionals];
  const raw: UncheckedQuery = {
    files: given.length > 0 || audit === undefined || audit === "-" ? given : [audit],
    filters: {
      agent,
      user,
      tool,
      category,
      effect,
      reason,
      rule,
      outcome,
      session,
      address,
      action,
      operator,
      server: values.server ?? [],
    },
    by: splitList(values.by).map((name) => (name === "decision" ? "effect" : name)),
    sums: splitList(values.sum),
    since,
    until,
    format,
    limit,
  };
  const problems = [
    ...queryProblems(raw, nowMs),
    ...(server.length > 0 ? ["-- COMMAND: is for other commands"] : []),
  ];
  return problems.length > 0 ? problems : toQuery(raw, nowMs);
}

function queryProblems(
  { files, filters, by, sums, since, until, format, limit }: UncheckedQuery,
  nowMs: number,
): string[] {
  const noLog =
    "--audit: is required: a log that tollgate run --audit wrote, or - for stdin; or set TOLLGATE_AUDIT";
  return [
    ...(files.length === 0 ? [noLog] : []),
    ...wordProblems("--category", filters.category, CATEGORIES),
    ...wordProblems("--effect", filters.effect, EFFECTS),
    ...wordProblems("--reason", filters.reason, REASONS),
    ...wordProblems("--outcome", filters.outcome, OUTCOMES),
    ...wordProblems("--by", by, Object.keys(FIELDS)),
    ...wordProblems("--sum", sums, Object.keys(SUMS)),
    ...(sums.length > 0 && by.length === 0 ? ["--sum: needs --by"] : []),
    ...timeProblems("--since", since, nowMs),
    ...timeProblems("--until", until, nowMs),
    ...formatProblem(format, QUERY_FORMATS),
    ...(isLimit(limit) ? [] : [`--limit: must be a whole number from 1 to ${MAX_ROWS}, got "${limit}"`]),
  ];
}

function toQuery(
  { files, filters, by, sums, since, until, format, limit }: UncheckedQuery,
  nowMs: number,
): AuditQuery {
  const from = since === undefined ? undefined : parseTimeBound(since, nowMs);
  const to = until === undefined ? undefined : parseTimeBound(until, nowMs);
  const used = FILTERS.filter((name) => filters[name].length > 0);
  return {
    files,
    filters: new Map(used.map((name) => [name, new Set(filters[name])])),
    ...(from !== undefined && { since: from }),
    ...(to !== undefined && { until: to }),
    by: by.filter(isFieldName),
    sums: sums.filter(isSumName),
    format: QUERY_FORMATS.find((known) => known === format) ?? "table",
    limit: Number(limit),
  };
}

function splitList(text: string): string[] {
  return text.split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]));
}

function wordProblems(flag: string, given: readonly string[], known: readonly string[]): string[] {
  return given
    .filter((word) => !known.includes(word))
    .map((word) => `${flag}: must be one of ${known.join(", ")}, got "${word}"${didYouMean(word, known)}`);
}

function timeProblems(flag: string, text: string | undefined, nowMs: number): string[] {
  if (text === undefined || parseTimeBound(text, nowMs) !== undefined) return [];
  return [`${flag}: must be a time such as 30d, 2h or 2026-07-01T12:00:00Z, got "${text}"`];
}

function isLimit(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_ROWS;
}
