/** Types of a scale curve: one quantity grows; time and memory are measured at each point. */

import { readFileSync } from "node:fs";

/** Figures by column key; null where a figure is below the noise. */
export type Figures = Readonly<Record<string, number | null>>;

export interface Point {
  readonly at: number;
  readonly figures: Figures;
}

export interface Column {
  readonly key: string;
  /** Title in the table and the picture. */
  readonly label: string;
  readonly unit: "ns" | "us" | "ms" | "MiB" | "KiB" | "B" | "";
}

/** One diagram of a curve's picture: columns of one unit, each with a short name. */
export interface Panel {
  readonly title: string;
  readonly lines: Readonly<Record<string, string>>;
}

export interface Curve {
  readonly name: string;
  /** The growing quantity, with its unit. */
  readonly axis: string;
  readonly points: readonly number[];
  readonly quickPoints: readonly [number, number];
  readonly columns: readonly Column[];
  readonly panels: readonly Panel[];
  /** Measures the figures of one point. Starts its own processes and ends them. */
  readonly measure: (at: number) => Promise<Point>;
}

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly node: string;
}

export interface Results {
  readonly machine: Machine;
  /** Day of the measurement, UTC. */
  readonly measuredOn: string;
  readonly curves: Readonly<Record<string, readonly Point[]>>;
}

export const RESULTS_FILE = new URL("../results/scale.json", import.meta.url);

export function readResults(): Results {
  return JSON.parse(readFileSync(RESULTS_FILE, "utf8"));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Returns a quantile. @throws when there are no values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (value === undefined) throw new Error("nothing was measured");
  return value;
}

/** Rounds to three digits, which is all the precision that the measurement has. */
export function roundToThreeDigits(value: number): number {
  return Number(value.toPrecision(3));
}
