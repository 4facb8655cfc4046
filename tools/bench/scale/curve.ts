/** What a scale curve is: one thing that grows, and time and memory at each of its points. */

import { readFileSync } from "node:fs";

/** By the key of their column; null where a figure cannot be told from noise. */
export type Figures = Readonly<Record<string, number | null>>;

export interface Point {
  readonly at: number;
  readonly figures: Figures;
}

export interface Column {
  readonly key: string;
  /** As the table and the picture call it. */
  readonly label: string;
  readonly unit: "ns" | "us" | "ms" | "MiB" | "KiB" | "B" | "";
}

/** One diagram of a curve's picture: columns of one unit, each with a name that is short enough to stand beside the others. */
export interface Panel {
  readonly title: string;
  readonly lines: Readonly<Record<string, string>>;
}

export interface Curve {
  readonly name: string;
  /** What grows, with its unit. */
  readonly axis: string;
  readonly points: readonly number[];
  readonly quickPoints: readonly [number, number];
  readonly columns: readonly Column[];
  readonly panels: readonly Panel[];
  /** Figures at one point, in parts of its own that are gone afterwards. */
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
  /** Day of the measurement in UTC. */
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

/** @throws when there are no values: a figure without a measurement is none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (value === undefined) throw new Error("nothing was measured");
  return value;
}

/** Three digits are more than such a measurement is good for. */
export function roundToThreeDigits(value: number): number {
  return Number(value.toPrecision(3));
}
