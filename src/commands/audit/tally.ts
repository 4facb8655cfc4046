/** Results of an audit query in bounded memory: groups with their counts, or the latest records. */

import { type AuditRecord, fieldText, type FieldName, fieldNumber, type SumName } from "./record.ts";

/** How a query groups, sums and cuts its result. */
export interface GroupingOptions {
  readonly by: readonly FieldName[];
  readonly sums: readonly SumName[];
  /** Maximum number of rows shown. */
  readonly limit: number;
}

/** Records with equal values in the fields of `by`. */
export interface RecordGroup {
  /** One value per field of `by`; empty when the record lacks the field. */
  readonly values: readonly string[];
  count: number;
  /** One sum per name of `sums`. */
  readonly sums: number[];
}

/** Maximum number of groups; further groups are counted under `OTHER_GROUPS`. */
const MAX_GROUPS = 200_000;
export const OTHER_GROUPS = "(others)";

/** Counts and sums records by group. */
export class RecordGroups {
  readonly #options: GroupingOptions;
  readonly #groups = new Map<string, RecordGroup>();
  readonly #max: number;

  constructor(options: GroupingOptions, max = MAX_GROUPS) {
    this.#options = options;
    this.#max = max;
  }

  add(record: AuditRecord): void {
    const { by, sums } = this.#options;
    const values = by.map((name) => fieldText(record, name));
    const group = this.#groupOf(values);
    group.count += 1;
    for (const [index, name] of sums.entries())
      group.sums[index] = (group.sums[index] ?? 0) + fieldNumber(record, name);
  }

  get size(): number {
    return this.#groups.size;
  }

  /** The groups to show: by descending count, then by their values. */
  top(): readonly RecordGroup[] {
    const sorted = [...this.#groups.values()].toSorted(
      (one, other) => other.count - one.count || compareText(one.values.join("\n"), other.values.join("\n")),
    );
    return sorted.slice(0, this.#options.limit);
  }

  #groupOf(values: readonly string[]): RecordGroup {
    // Invariant: each group has a key of its own, since JSON separates the values.
    const key = values.length === 1 ? (values[0] ?? "") : JSON.stringify(values);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const isFull = this.#groups.size >= this.#max;
    const others = this.#options.by.map(() => OTHER_GROUPS);
    if (isFull && values.join("\n") !== others.join("\n")) return this.#groupOf(others);
    const group = { values, count: 0, sums: this.#options.sums.map(() => 0) };
    this.#groups.set(key, group);
    return group;
  }
}

/** Keeps the last records of the log. */
export class LatestRecords {
  readonly #limit: number;
  #records: AuditRecord[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(record: AuditRecord): void {
    this.#records.push(record);
    // Trim at twice the limit, so that trimming is cheap per record.
    if (this.#records.length >= 2 * this.#limit) this.#records = this.#records.slice(-this.#limit);
  }

  /** By ascending time. */
  all(): readonly AuditRecord[] {
    return this.#records.slice(-this.#limit).toSorted((one, other) => compareText(one.time, other.time));
  }
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
