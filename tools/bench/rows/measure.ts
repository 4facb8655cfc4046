/** Runs one measurement and returns its rows with time and load, or one row that says why it failed. */

import { loadavg } from "node:os";
import type { Testbed } from "../testbed.ts";
import type { Measurement, Row } from "./row.ts";

export interface MeasuredRow extends Row {
  readonly measurement: string;
  readonly measuredAt: string;
  /** Load average of the minute before it began; 0 on an idle machine. */
  readonly loadBefore: number;
}

/** A failed measurement becomes a row, so that the others still run. */
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
