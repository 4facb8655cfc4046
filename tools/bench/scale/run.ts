/** Measures the scale curves: `npm run bench:scale`. `--only rules,agents` measures some, `--quick` two small points of each, `--write` puts them into docs/performance.md. */

import { existsSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { CURVES } from "./curves.ts";
import {
  type Curve,
  type Machine,
  type Point,
  readResults,
  type Results,
  RESULTS_FILE,
  roundToThreeDigits,
} from "./curve.ts";
import { tableOf, writePage } from "./report.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    only: { type: "string", default: CURVES.map(({ name }) => name).join(",") },
  },
});
const isQuick = values.quick;
if (isQuick && values.write)
  throw new Error("--quick: measures too little to be written; leave one of the two out");
const chosen = values.only.split(",").map(curveNamed);

const measured: Record<string, readonly Point[]> = {};
for (const curve of chosen) {
  process.stdout.write(`${curve.name}: ${(isQuick ? curve.quickPoints : curve.points).length} points\n`);
  measured[curve.name] = await measure(curve);
  process.stdout.write(`${tableOf(curve, measured[curve.name] ?? [])}\n\n`);
}
if (!isQuick) writeResults(measured);
if (values.write) writePage(readResults());

function curveNamed(name: string): Curve {
  const curve = CURVES.find((one) => one.name === name);
  if (curve !== undefined) return curve;
  throw new Error(`--only: must be of ${CURVES.map((one) => one.name).join(", ")}, got "${name}"`);
}

async function measure(curve: Curve): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const at of isQuick ? curve.quickPoints : curve.points) {
    const startedMs = performance.now();
    points.push(roundedPoint(await curve.measure(at)));
    process.stderr.write(
      `  ${curve.name} ${at}: ${((performance.now() - startedMs) / 1_000).toFixed(1)} s\n`,
    );
  }
  return points;
}

function roundedPoint({ at, figures }: Point): Point {
  const entries = Object.entries(figures);
  return {
    at,
    figures: Object.fromEntries(
      entries.map(([key, value]) => [key, value === null ? null : roundToThreeDigits(value)]),
    ),
  };
}

/** Merges the measured curves with the recorded ones. */
function writeResults(curves: Results["curves"]): void {
  const results: Results = {
    machine: machine(),
    measuredOn: new Date().toISOString().slice(0, 10),
    curves: sortCurves({ ...recordedCurves(), ...curves }),
  };
  writeFileSync(RESULTS_FILE, `${JSON.stringify(results, undefined, 2)}\n`);
}

/** Sorts curves as on the page. */
function sortCurves(curves: Results["curves"]): Results["curves"] {
  return Object.fromEntries(
    CURVES.flatMap(({ name }) => (name in curves ? [[name, curves[name] ?? []]] : [])),
  );
}

/** Returns the recorded curves; none when all are measured again. @throws when they are of another machine: a page shows one */
function recordedCurves(): Results["curves"] {
  if (chosen.length === CURVES.length || !existsSync(RESULTS_FILE)) return {};
  const { machine: other, curves } = readResults();
  if (JSON.stringify(other) === JSON.stringify(machine())) return curves;
  throw new Error("--only: the other curves are of another machine; measure all of them");
}

function machine(): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    cpu: processors[0]?.model ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  };
}
