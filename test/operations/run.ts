/**
 * Runs a suite of operations and prints the table of its bars: `npm run test:operations`, `npm run test:soak`.
 *
 *   node test/operations/run.ts operations|soak [flags of vitest]
 *
 * Exits 1 when a test fails, when a bar is missed, or when one was not measured.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figure, FIGURES_VARIABLE } from "./figure.ts";
import { drawTable, OPERATIONS, type Row, SOAK } from "./table.ts";

interface Suite {
  /** A part that the paths of all its test files contain. */
  readonly filter: string;
  readonly rows: readonly Row[];
}

const SUITES: Readonly<Record<string, Suite>> = {
  operations: { filter: "test/system/operations-", rows: OPERATIONS },
  soak: { filter: "test/system/soak", rows: SOAK },
};

const ROOT = join(import.meta.dirname, "../..");

const [name = "", ...flags] = process.argv.slice(2);
const suite = SUITES[name];
if (suite === undefined) {
  console.error(`run.ts: must be called with one of ${Object.keys(SUITES).join(", ")}`);
  process.exitCode = 64;
} else {
  process.exitCode = runSuite(suite);
}

function runSuite({ filter, rows }: Suite): number {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-operations-"));
  try {
    const file = join(folder, "figures.jsonl");
    writeFileSync(file, "");
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const { status } = spawnSync(
      process.execPath,
      [vitest, "run", "--config", "vitest.system.config.ts", filter, ...flags],
      { cwd: ROOT, stdio: "inherit", env: { ...process.env, [FIGURES_VARIABLE]: file } },
    );
    const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
    const table = drawTable(
      rows,
      lines.map((line): Figure => JSON.parse(line)),
    );
    console.log(`\n${name}\n${table.text}`);
    if (status !== 0) console.log("some tests failed: see above");
    return status === 0 && table.isMet ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
