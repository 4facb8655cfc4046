/** What a query found, as a table for people, as JSON or CSV for programs. */

import { columns } from "../cli/columns.ts";
import type { Query } from "./query-flags.ts";
import { type AuditRecord, fieldOf, type FieldName, numberOf } from "./record.ts";
import type { Group } from "./tally.ts";

/** Columns of a record that is shown by itself. */
const SHOWN: readonly FieldName[] = ["agent", "tool", "category", "effect", "reason", "rule", "outcome"];

/** Of numbers that are sums of fractions. */
function numberText(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

/** Lines without line breaks. */
export function groupLines({ by, sums, format }: Query, groups: readonly Group[]): string[] {
  if (format === "json") return jsonLines(groups.map((group) => groupObject(by, sums, group)));
  const head = [...by, "count", ...sums];
  const rows = groups.map(({ values, count, sums: totals }) => [
    ...values,
    String(count),
    ...totals.map(numberText),
  ]);
  if (format === "csv") return [head, ...rows].map(csvLine);
  const numbers = new Set(head.map((_, index) => index).slice(by.length));
  return columns([head, ...rows.map(dashed)], numbers);
}

function groupObject(by: Query["by"], sums: Query["sums"], { values, count, sums: totals }: Group): object {
  const names = by.map((name, index) => [name, values[index] === "" ? null : values[index]] as const);
  const numbers = sums.map((name, index) => [name, Number(numberText(totals[index] ?? 0))] as const);
  return Object.fromEntries([...names, ["count", count], ...numbers]);
}

export function recordLines({ format }: Query, records: readonly AuditRecord[]): string[] {
  if (format === "json") return jsonLines(records);
  const head = ["time", ...SHOWN, "duration_ms", "id"];
  const rows = records.map((record) => [
    record.time,
    ...SHOWN.map((name) => fieldOf(record, name)),
    durationOf(record),
    typeof record["id"] === "string" ? record["id"] : "",
  ]);
  return format === "csv" ? [head, ...rows].map(csvLine) : columns([head, ...rows.map(dashed)]);
}

/** Empty for a call that was not sent. */
function durationOf(record: AuditRecord): string {
  return record["upstream"] === undefined ? "" : numberText(numberOf(record, "duration_ms"));
}

/** One array, a line for each element, so that it can be read both ways. */
function jsonLines(values: readonly object[]): string[] {
  if (values.length === 0) return ["[]"];
  const last = values.length - 1;
  return ["[", ...values.map((value, index) => `${JSON.stringify(value)}${index === last ? "" : ","}`), "]"];
}

function dashed(row: readonly string[]): readonly string[] {
  return row.map((cell) => (cell === "" ? "-" : cell));
}

function csvLine(cells: readonly string[]): string {
  return cells.map(csvCell).join(",");
}

// Security: agents choose names, and a spreadsheet runs what begins like a formula.
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
