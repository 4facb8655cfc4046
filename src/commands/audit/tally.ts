/** What a query found, kept in bounded memory: groups with their counts, or the latest records. */

import { type AuditRecord, fieldOf, type FieldName, numberOf, type SumName } from "./record.ts";

export interface Wanted {
  readonly by: readonly FieldName[];
  readonly sums: readonly SumName[];
  /** Rows shown. */
  readonly limit: number;
}

export interface Group {
  /** One for each field of `by`; empty where the records do not have it. */
  readonly values: readonly string[];
  count: number;
  /** One for each of `sums`. */
  readonly sums: number[];
}

/** Groups kept at once; what comes later counts under `OTHERS`. */
const MAX_GROUPS = 200_000;
export const OTHERS = "(others)";

export class Groups {
  readonly #wanted: Wanted;
  readonly #groups = new Map<string, Group>();
  readonly #max: number;

  constructor(wanted: Wanted, max = MAX_GROUPS) {
    this.#wanted = wanted;
    this.#max = max;
  }

  add(record: AuditRecord): void {
    const { by, sums } = this.#wanted;
    const values = by.map((name) => fieldOf(record, name));
    const group = this.#groupOf(values);
    group.count += 1;
    for (const [index, name] of sums.entries())
      group.sums[index] = (group.sums[index] ?? 0) + numberOf(record, name);
  }

  get size(): number {
    return this.#groups.size;
  }

  /** The most frequent first; equal ones by their names. */
  top(): readonly Group[] {
    const sorted = [...this.#groups.values()].toSorted(
      (one, other) => other.count - one.count || compare(one.values.join("\n"), other.values.join("\n")),
    );
    return sorted.slice(0, this.#wanted.limit);
  }

  #groupOf(values: readonly string[]): Group {
    // Invariant: one key for one group, since JSON keeps the values apart.
    const key = values.length === 1 ? (values[0] ?? "") : JSON.stringify(values);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const isFull = this.#groups.size >= this.#max;
    const others = this.#wanted.by.map(() => OTHERS);
    if (isFull && values.join("\n") !== others.join("\n")) return this.#groupOf(others);
    const group = { values, count: 0, sums: this.#wanted.sums.map(() => 0) };
    this.#groups.set(key, group);
    return group;
  }
}

/** The latest records, by the order in which they stand in the log. */
export class Latest {
  readonly #limit: number;
  #records: AuditRecord[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(record: AuditRecord): void {
    this.#records.push(record);
    // Cut rarely, so that it costs nothing per record.
    if (this.#records.length >= 2 * this.#limit) this.#records = this.#records.slice(-this.#limit);
  }

  /** The oldest first. */
  all(): readonly AuditRecord[] {
    return this.#records.slice(-this.#limit).toSorted((one, other) => compare(one.time, other.time));
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
