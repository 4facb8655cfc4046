/** The figures of the security test: one for each bar of a section. */

import type { Toolchain } from "./toolchain.ts";

export interface Figure {
  readonly name: string;
  /** The measured value, with its unit. */
  readonly figure: string;
  readonly bar: string;
  readonly isMet: boolean;
  /** The first few cases that missed the bar, or the parts of the figure. */
  readonly details?: readonly string[];
}

export interface SectionContext {
  readonly toolchain: Toolchain;
  /** Runs fewer random and repeated cases; families of vectors stay whole. */
  readonly isQuick: boolean;
  /** Ready policies to attack before their servers; absent: as many as the size of the run asks for. */
  readonly policies?: readonly string[];
}

export interface Section {
  readonly name: string;
  readonly run: (context: SectionContext) => Promise<readonly Figure[]>;
}

const MOST_DETAILS = 12;

export function printFigure({ name, figure, bar, isMet, details = [] }: Figure): void {
  console.log(`${isMet ? "met   " : "MISSED"}  ${name}: ${figure} (bar: ${bar})`);
  for (const detail of details.slice(0, MOST_DETAILS)) console.log(`          ${detail}`);
  if (details.length > MOST_DETAILS) console.log(`          and ${details.length - MOST_DETAILS} more`);
}
