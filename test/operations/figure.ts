/** Records a measurement for one bar of operations: it is printed at once, and noted for the table at the end of the run. */

import { appendFileSync } from "node:fs";

export interface Figure {
  /** The name of its row in the table. */
  readonly row: string;
  /** The measured value, with its unit. */
  readonly figure: string;
  readonly isMet: boolean;
}

/** Names the file that figures are appended to, one JSON object on each line. Unset: figures are only printed. */
export const FIGURES_VARIABLE = "OPERATIONS_FIGURES";

/** Call it before the test expects anything of the figure, so that a bar that was missed is in the table as well. */
export function noteFigure(figure: Figure): void {
  process.stdout.write(`${figure.row}: ${figure.figure}\n`);
  const file = process.env[FIGURES_VARIABLE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figure)}\n`);
}
