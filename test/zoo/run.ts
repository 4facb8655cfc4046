/**
 * Runs the same script with each client against each server, directly and through Tollgate, and compares: `npm run test:zoo`.
 *
 *   node test/zoo/run.ts [--quick] [--client NAME] [--server NAME] [--route NAME] [--verbose] [--continue]
 *
 * Exits 1 when a difference has no reason in `differences.ts`, or when nothing ran. A full run writes docs/compatibility.md;
 * with `--continue` it leaves out the cells that an interrupted one has found without fault.
 */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { KeptComparisons } from "./kept.ts";
import { join } from "node:path";
import { CACHE } from "../toolchains/made-once.ts";
import { cellsOf, compareCells, type Comparison } from "./cells.ts";
import { PAGE, pageOf } from "./page.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    continue: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
    client: { type: "string" },
    server: { type: "string" },
    route: { type: "string" },
  },
});

const startedAt = performance.now();
const cells = cellsOf({ isQuick: values.quick, ...values });
const isPart =
  values.quick || [values.client, values.server, values.route].some((value) => value !== undefined);
const kept = new KeptComparisons(join(CACHE, isPart ? "zoo-part.json" : "zoo-full.json"), values.continue);
const comparisons = await compareCells(cells, report, kept);
const failed = comparisons.filter(isFailed);
if (!isPart) writeFileSync(PAGE, pageOf(comparisons));
for (const { cell, failure } of failed)
  console.log(`failed: ${nameOf(cell)}${failure === undefined ? "" : `: ${failure}`}`);
console.log(`zoo: ${comparisons.length} cells in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
console.log(`${comparisons.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = comparisons.length > 0 && failed.length === 0 ? 0 : 1;

function report({ cell, failure, steps, differences, reruns, ms }: Comparison): void {
  const said =
    failure === undefined
      ? `${steps} steps, ${differences.length} differ${reruns === 0 ? "" : ` (run again ${reruns} times)`}`
      : "no transcript";
  console.log(`${nameOf(cell).padEnd(64)} ${said}, ${(ms / 1000).toFixed(1)} s`);
  for (const { step, direct, through, reason } of differences) {
    console.log(`  ${reason === undefined ? "!" : " "} ${step}${reason === undefined ? "" : `: ${reason}`}`);
    if (reason === undefined || values.verbose)
      console.log(`      direct  ${shown(direct)}\n      through ${shown(through)}`);
  }
}

function shown(outcome: string): string {
  return values.verbose ? outcome : outcome.slice(0, 400);
}

function nameOf({ client, server, route }: Comparison["cell"]): string {
  return `${client.name} > ${route.name} > ${server.name}`;
}

function isFailed({ failure, differences }: Comparison): boolean {
  return failure !== undefined || differences.some(({ reason }) => reason === undefined);
}
