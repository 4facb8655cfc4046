/** Formats the result of an audit query as a table, JSON or CSV. */

import { columns } from "../cli/columns.ts";
import type { AuditQuery } from "./query-flags.ts";
import { type AuditRecord, fieldText, type FieldName, fieldNumber } from "./record.ts";
import type { RecordGroup } from "./tally.ts";

/** Columns of a single record, between its time and its duration. */
const RECORD_COLUMNS: readonly FieldName[] = [
  "agent",
  "user",
  "tool",
  "category",
  "effect",
  "reason",
  "rule",
  "outcome",
];

/** Rounds to three decimals; sums of fractions have more. */
function numberText(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

/** Output lines for groups, without line breaks. */
export function groupLines({ by, sums, format }: AuditQuery, groups: readonly RecordGroup[]): string[] {
  if (format === "json") return jsonLines(groups.map((group) => groupObject(by, sums, group)));
  const head = [...by, "count", ...sums];
  const rows = groups.map(({ values, count, sums: totals }) => [
    ...values,
    String(count),
    ...totals.map(numberText),
  ]);
  if (format === "csv") return [head, ...rows].map(csvLine);
  const numbers = new Set(head.map((_, index) => index).slice(by.length));
  return columns([head, ...rows.map(dashEmptyCells)], numbers);
}

function groupObject(
  by: AuditQuery["by"],
  sums: AuditQuery["sums"],
  { values, count, sums: totals }: RecordGroup,
): object {
  const names = by.map((name, index) => [name, values[index] === "" ? null : values[index]] as const);
  const numbers = sums.map((name, index) => [name, Number(numberText(totals[index] ?? 0))] as const);
  return Object.fromEntries([...names, ["count", count], ...numbers]);
}

/** Output lines for single records, without line breaks. */
export function recordLines({ format }: AuditQuery, records: readonly AuditRecord[]): string[] {
  if (format === "json") return jsonLines(records);
  const head = ["time", ...RECORD_COLUMNS, "duration_ms", "id"];
  const rows = records.map((record) => [
    record.time,
    ...RECORD_COLUMNS.map((name) => fieldText(record, name)),
    durationOf(record),
    typeof record["id"] === "string" ? record["id"] : "",
  ]);
  return format === "csv" ? [head, ...rows].map(csvLine) : columns([head, ...rows.map(dashEmptyCells)]);
}

/** Empty for a call that was not sent to the server. */
function durationOf(record: AuditRecord): string {
  return record["upstream"] === undefined ? "" : numberText(fieldNumber(record, "duration_ms"));
}

/** A JSON array with one element per line, for JSON and for line-based tools. */
function jsonLines(values: readonly object[]): string[] {
  if (values.length === 0) return ["[]"];
  const last = values.length - 1;
  return ["[", ...values.map((value, index) => `${JSON.stringify(value)}${index === last ? "" : ","}`), "]"];
}

function dashEmptyCells(row: readonly string[]): readonly string[] {
  return row.map((cell) => (cell === "" ? "-" : cell));
}

function csvLine(cells: readonly string[]): string {
  return cells.map(csvCell).join(",");
}

// Security: agents choose names, and a spreadsheet executes a cell that begins like a formula.
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
