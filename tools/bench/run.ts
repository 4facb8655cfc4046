/** `npm run bench`: measures every target of the table beside its peers in one run. */

import { helpOf, parseOptions } from "./options.ts";
import { beginReport, writeReport } from "./report/report.ts";
import { printReport } from "./report/table.ts";
import { MEASUREMENTS } from "./rows/all.ts";
import { type MeasuredRow, measure } from "./rows/measure.ts";
import type { Measurement } from "./rows/row.ts";
import { buildTestbed, type Testbed } from "./testbed.ts";

const BAD_USAGE = 64;

// Exit on SIGINT and SIGTERM, so that exit handlers end the started programs.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv, MEASUREMENTS);
  if ("problem" in options) return printProblem(options.problem, BAD_USAGE);
  if (options.isHelp) {
    process.stdout.write(helpOf(MEASUREMENTS));
    return 0;
  }
  const { effort, measurements } = options;
  const testbed = await buildTestbed(effort).catch((error: unknown) => messageOf(error));
  if (typeof testbed === "string") return printProblem(testbed, 1);
  const begun = beginReport(testbed);
  const report = { ...begun, rows: await measureAll(measurements, testbed) };
  printReport(report);
  if (!effort.isQuick && measurements.length === MEASUREMENTS.length) writeReport(report);
  return report.rows.some(({ verdict }) => verdict === "not measured") ? 1 : 0;
}

async function measureAll(
  measurements: readonly Measurement[],
  testbed: Testbed,
): Promise<readonly MeasuredRow[]> {
  const rows: MeasuredRow[] = [];
  try {
    for (const measurement of measurements) {
      const startedMs = performance.now();
      process.stderr.write(`${measurement.name}: ${measurement.measures} ... `);
      rows.push(...(await measure(measurement, testbed)));
      process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0)} s\n`);
    }
  } finally {
    await testbed.stop();
  }
  return rows;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function printProblem(problem: string, exitCode: number): number {
  process.stderr.write(`bench: ${problem}\n`);
  return exitCode;
}
