/** The fields of an audit record that a query can ask for. */

import { isRecord } from "../cli/is-record.ts";

/** A line of the log; only `time` is checked. */
export interface AuditRecord extends Readonly<Record<string, unknown>> {
  readonly time: string;
}

/** As the log writes times; their order is the order of their text. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Undefined when the line is no record: no JSON object, or without a time. */
export function readRecord(line: string): AuditRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!hasTime(value)) return undefined;
    if (TIME.test(value.time)) return value;
    const atMs = Date.parse(value.time);
    return Number.isNaN(atMs) ? undefined : { ...value, time: new Date(atMs).toISOString() };
  } catch {
    return undefined;
  }
}

function hasTime(value: unknown): value is AuditRecord {
  return isRecord(value) && typeof value["time"] === "string";
}

type Read = (record: AuditRecord) => unknown;

const inside =
  (outer: string, inner: string): Read =>
  (record) => {
    const value = record[outer];
    return isRecord(value) ? value[inner] : undefined;
  };

/** Fields by the names that `--by` and the filters take. */
export const FIELDS = {
  agent: inside("agent", "name"),
  tool: (record) => record["tool"],
  category: (record) => record["category"],
  effect: (record) => record["effect"],
  reason: (record) => record["reason"],
  rule: (record) => record["rule"],
  outcome: inside("upstream", "outcome"),
  server: (record) => record["server"],
  method: (record) => record["method"],
  mode: (record) => record["mode"],
  client: inside("client", "name"),
  source: inside("agent", "source"),
  session: (record) => record["session"],
  cause: inside("refusal", "cause"),
  day: ({ time }) => time.slice(0, 10),
  hour: ({ time }) => `${time.slice(0, 13)}:00Z`,
} as const satisfies Readonly<Record<string, Read>>;

export type FieldName = keyof typeof FIELDS;

/** Numbers that can be summed. */
export const SUMS = {
  duration_ms: inside("upstream", "duration_ms"),
  result_bytes: inside("upstream", "result_bytes"),
  args_bytes: inside("args", "bytes"),
} as const satisfies Readonly<Record<string, Read>>;

export type SumName = keyof typeof SUMS;

export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FIELDS, name);
}

export function isSumName(name: string): name is SumName {
  return Object.hasOwn(SUMS, name);
}

/** The field as text; empty when the record does not have it. */
export function fieldOf(record: AuditRecord, name: FieldName): string {
  const value: unknown = FIELDS[name](record);
  return typeof value === "string" ? value : "";
}

/** The number; 0 when the record does not have it. */
export function numberOf(record: AuditRecord, name: SumName): number {
  const value: unknown = SUMS[name](record);
  return typeof value === "number" ? value : 0;
}
