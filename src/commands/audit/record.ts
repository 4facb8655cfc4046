/** Fields of audit records that a query can filter, group and sum. */

/** A line of the log; only `time` is checked. */
export interface AuditRecord extends Readonly<Record<string, unknown>> {
  readonly time: string;
}

/** Times as the log writes them; these sort as text. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The record in a line; undefined when it is no JSON object or has no time. */
export function parseRecord(line: string): AuditRecord | undefined {
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

type ReadField = (record: AuditRecord) => unknown;

const nestedField =
  (outer: string, inner: string): ReadField =>
  (record) => {
    const value = record[outer];
    return isRecord(value) ? value[inner] : undefined;
  };

const controlField = (name: string): ReadField => nestedField("control", name);

/** Readers of fields, by the names that `--by` and the filters take. */
export const FIELDS = {
  agent: nestedField("agent", "name"),
  user: (record) => record["user"],
  tool: (record) => record["tool"],
  category: (record) => record["category"],
  /** Of a change by an operator: the action, as `freeze`. */
  effect: (record) => record["effect"] ?? controlField("action")(record),
  reason: (record) => record["reason"] ?? controlField("reason")(record),
  rule: (record) => record["rule"],
  outcome: nestedField("upstream", "outcome"),
  server: (record) => record["server"],
  method: (record) => record["method"],
  mode: (record) => record["mode"],
  client: nestedField("client", "name"),
  source: nestedField("agent", "source"),
  address: (record) => record["address"],
  session: (record) => record["session"],
  cause: nestedField("refusal", "cause"),
  action: controlField("action"),
  operator: controlField("by"),
  day: ({ time }) => time.slice(0, 10),
  hour: ({ time }) => `${time.slice(0, 13)}:00Z`,
} as const satisfies Readonly<Record<string, ReadField>>;

export type FieldName = keyof typeof FIELDS;

/** Readers of numbers, by the names that `--sum` takes. */
export const SUMS = {
  duration_ms: nestedField("upstream", "duration_ms"),
  result_bytes: nestedField("upstream", "result_bytes"),
  args_bytes: nestedField("args", "bytes"),
} as const satisfies Readonly<Record<string, ReadField>>;

export type SumName = keyof typeof SUMS;

export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FIELDS, name);
}

export function isSumName(name: string): name is SumName {
  return Object.hasOwn(SUMS, name);
}

/** The field as text; empty when the record does not have it. */
export function fieldText(record: AuditRecord, name: FieldName): string {
  const value: unknown = FIELDS[name](record);
  return typeof value === "string" ? value : "";
}

/** The number; 0 when the record does not have it. */
export function fieldNumber(record: AuditRecord, name: SumName): number {
  const value: unknown = SUMS[name](record);
  return typeof value === "number" ? value : 0;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
