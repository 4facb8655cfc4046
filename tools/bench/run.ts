/** `npm run bench`: every figure of the table of targets, side by side with its peers in one run. */

import { helpOf, parseOptions } from "./options.ts";
import { beginReport, writeReport } from "./report/report.ts";
import { printReport } from "./report/table.ts";
import { MEASUREMENTS } from "./rows/all.ts";
import { type MeasuredRow, measure } from "./rows/measure.ts";
import type { Measurement } from "./rows/row.ts";
import { setStage, type Stage } from "./stage.ts";

const BAD_USAGE = 64;

// An exit takes along what was started.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv, MEASUREMENTS);
  if ("problem" in options) return complain(options.problem, BAD_USAGE);
  if (options.isHelp) {
    process.stdout.write(helpOf(MEASUREMENTS));
    return 0;
  }
  const { effort, measurements } = options;
  const stage = await setStage(effort).catch((error: unknown) => messageOf(error));
  if (typeof stage === "string") return complain(stage, 1);
  const begun = beginReport(stage);
  const report = { ...begun, rows: await measureAll(measurements, stage) };
  printReport(report);
  if (!effort.isQuick && measurements.length === MEASUREMENTS.length) writeReport(report);
  return report.rows.some(({ verdict }) => verdict === "not measured") ? 1 : 0;
}

async function measureAll(
  measurements: readonly Measurement[],
  stage: Stage,
): Promise<readonly MeasuredRow[]> {
  const rows: MeasuredRow[] = [];
  try {
    for (const measurement of measurements) {
      const startedMs = performance.now();
      process.stderr.write(`${measurement.name}: ${measurement.measures} ... `);
      rows.push(...(await measure(measurement, stage)));
      process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0)} s\n`);
    }
  } finally {
    await stage.stop();
  }
  return rows;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function complain(problem: string, exitCode: number): number {
  process.stderr.write(`bench: ${problem}\n`);
  return exitCode;
}
