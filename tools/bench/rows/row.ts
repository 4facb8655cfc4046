/** A row of the table: a figure, what it should be, and every round that it was made of. */

import type { Testbed } from "../testbed.ts";

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
  readonly run: (testbed: Testbed) => Promise<readonly Row[]>;
}

export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** Whether the number keeps the bound. */
export function verdictOf(value: number, bound: Bound): Row["verdict"] {
  const isMet = "atLeast" in bound ? value >= bound.atLeast : value <= bound.atMost;
  return isMet ? "met" : "not met";
}

export interface Comparison {
  readonly figure: string;
  readonly bound: Bound;
  /** Figures of the same rounds, by the name of who has them; Tollgate's first. */
  readonly rounds: readonly [ours: NamedRounds, theirs: NamedRounds];
  readonly unit: string;
  readonly note?: string;
}

export type NamedRounds = readonly [name: string, figures: readonly number[]];

/** The row for our figure divided by theirs. */
export function ratioRow({ figure, bound, rounds, unit, note }: Comparison): Row {
  const [[, ours], [, theirs]] = rounds;
  const ratio = pairedRatio(ours, theirs);
  return {
    figure,
    target: "atLeast" in bound ? `>= ${bound.atLeast}` : `<= ${bound.atMost}`,
    value: `${ratio.toFixed(3)} (${median(ours).toFixed(0)} to ${median(theirs).toFixed(0)} ${unit})`,
    verdict: verdictOf(ratio, bound),
    ...(note !== undefined && { note }),
    rounds: Object.fromEntries(rounds),
  };
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
