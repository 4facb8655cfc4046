/** A row of the table: a figure, its bound, and the rounds it is computed from. */

import type { Testbed } from "../testbed.ts";
import { median } from "../median.ts";

/** Figures of each round, by subject. */
export type Rounds = Readonly<Record<string, readonly number[]>>;

export interface Row {
  readonly figure: string;
  /** The bound in words, as in the table of targets. */
  readonly target: string;
  readonly value: string;
  readonly verdict: "met" | "not met" | "no target" | "not measured";
  /** Why the figure was not measured, or a remark. */
  readonly note?: string;
  readonly rounds?: Rounds;
}

/** Rows of one measurement. */
export interface Measurement {
  /** Name for `--only`. */
  readonly name: string;
  readonly measures: string;
  readonly run: (testbed: Testbed) => Promise<readonly Row[]>;
}

export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** Compares the value with its bound. */
export function verdictOf(value: number, bound: Bound): Row["verdict"] {
  const isMet = "atLeast" in bound ? value >= bound.atLeast : value <= bound.atMost;
  return isMet ? "met" : "not met";
}

export interface Comparison {
  readonly figure: string;
  readonly bound: Bound;
  /** Figures of the same rounds, by subject; Tollgate first. */
  readonly rounds: readonly [ours: NamedRounds, theirs: NamedRounds];
  readonly unit: string;
  readonly note?: string;
}

export type NamedRounds = readonly [name: string, figures: readonly number[]];

/** Returns the row of Tollgate's figure divided by another subject's. */
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

/** Median of the ratios within each round: both of a pair met the same load. */
export function pairedRatio(of: readonly number[], to: readonly number[]): number {
  return median(of.map((value, round) => value / (to[round] ?? Number.NaN)));
}
