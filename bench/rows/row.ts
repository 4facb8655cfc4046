/** A row of the table: a figure, what it should be, and every round that it was made of. */

import type { Stage } from "../stage.ts";

/** Figures of each round, by what was measured. */
export type Rounds = Readonly<Record<string, readonly number[]>>;

export interface Row {
  readonly figure: string;
  /** In words, as the table of targets has it. */
  readonly target: string;
  readonly value: string;
  readonly verdict: "met" | "not met" | "no target" | "not measured";
  /** Why it was not measured, or what else to know of it. */
  readonly note?: string;
  readonly rounds?: Rounds;
}

/** Rows that come out of one measurement. */
export interface Measurement {
  /** As `--only` names it. */
  readonly name: string;
  readonly measures: string;
  readonly run: (stage: Stage) => Promise<readonly Row[]>;
}

export interface Bound {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Whether the number keeps the bound. */
export function verdictOf(value: number, { atLeast = -Infinity, atMost = Infinity }: Bound): Row["verdict"] {
  return value >= atLeast && value <= atMost ? "met" : "not met";
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The median of the ratios within each round: both of a pair met the same machine. */
export function pairedRatio(of: readonly number[], to: readonly number[]): number {
  return median(of.map((value, round) => value / (to[round] ?? Number.NaN)));
}
