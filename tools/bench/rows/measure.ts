/** Runs one measurement: its rows with the moment and the machine's load, or one row that says why there are none. */

import { loadavg } from "node:os";
import type { Testbed } from "../testbed.ts";
import type { Measurement, Row } from "./row.ts";

export interface MeasuredRow extends Row {
  readonly measurement: string;
  readonly measuredAt: string;
  /** Over the minute before it began; 0 when nothing else ran. */
  readonly loadBefore: number;
}

/** What cannot be measured is said in a row of its own, so that the others go on. */
export async function measure(
  { name, measures, run }: Measurement,
  testbed: Testbed,
): Promise<readonly MeasuredRow[]> {
  const start = {
    measurement: name,
    measuredAt: new Date().toISOString(),
    loadBefore: loadavg()[0] ?? Number.NaN,
  };
  const rows = await run(testbed).catch((error: unknown): readonly Row[] => {
    const note = error instanceof Error ? error.message : String(error);
    return [{ figure: measures, target: "", value: "", verdict: "not measured", note }];
  });
  return rows.map((row) => ({ ...row, ...start }));
}
