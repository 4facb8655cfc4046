/** What this run has measured of one bar of operations: printed at once, and noted for the table at its end. */

import { appendFileSync } from "node:fs";

export interface Figure {
  /** Of a row of the table. */
  readonly row: string;
  /** What was measured, with its unit. */
  readonly figure: string;
  readonly isMet: boolean;
}

/** The file that figures are noted in, one as JSON on each line; absent: they are printed only. */
export const FIGURES_VARIABLE = "OPERATIONS_FIGURES";

/** Call it before the test expects anything of the figure, so that a bar that was missed is in the table as well. */
export function noteFigure(figure: Figure): void {
  process.stdout.write(`${figure.row}: ${figure.figure}\n`);
  const file = process.env[FIGURES_VARIABLE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figure)}\n`);
}
