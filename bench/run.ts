/** `npm run bench`: every figure of the table of targets, side by side with its peers in one run. */

import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { helpOf, parseOptions } from "./options.ts";
import { describeMachine, describeVersions } from "./report/machine.ts";
import { tableOf } from "./report/table.ts";
import { MEASUREMENTS } from "./rows/all.ts";
import type { Measurement, Row } from "./rows/row.ts";
import { NODE_FLAGS, setStage, type Stage } from "./stage.ts";

const RESULTS = new URL("results/", import.meta.url);

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const { isHelp, effort, measurements } = parseOptions(argv, MEASUREMENTS);
  if (isHelp) {
    process.stdout.write(helpOf(MEASUREMENTS));
    return 0;
  }
  const [date, machine] = [new Date().toISOString(), describeMachine()];
  const stage = await setStage(effort);
  const rows: Row[] = [];
  try {
    for (const measurement of measurements) rows.push(...(await runOne(measurement, stage)));
  } finally {
    await stage.stop();
  }
  const report = {
    date,
    machine,
    versions: describeVersions(),
    nodeFlags: NODE_FLAGS,
    cores: stage.cores,
    effort,
    rows,
  };
  process.stdout.write(`\n${headOf(stage)}\n${tableOf(rows)}`);
  if (!effort.isQuick && measurements.length === MEASUREMENTS.length) {
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(new URL("latest.json", RESULTS), `${JSON.stringify(report, null, 2)}\n`);
  }
  return rows.some(({ verdict }) => verdict === "not measured") ? 1 : 0;
}

/** What cannot be measured is said in a row of its own, and the others go on. */
async function runOne({ name, measures, run }: Measurement, stage: Stage): Promise<readonly Row[]> {
  const startedMs = performance.now();
  process.stderr.write(`${name}: ${measures} ... `);
  try {
    return await run(stage);
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error);
    return [{ figure: measures, target: "", value: "", verdict: "not measured", note }];
  } finally {
    process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0)} s\n`);
  }
}

function headOf({ cores, effort }: Stage): string {
  const rounds = `${effort.rounds} rounds of ${effort.seconds} s in turns, medians`;
  return `Node ${process.versions.node} ${NODE_FLAGS.join(" ")}; ${cores}; ${rounds}; load now ${loadavg()[0]?.toFixed(1)}`;
}
