/**
 * Compares the official conformance suite on the dual-era server over HTTP and over stdio behind the bridge, scenario by scenario.
 *
 *   node test/conformance-stdio.ts [--leg NAME] [--only SCENARIO] [--write]
 *
 * Exits 1 when a count differs without a known reason, when the server itself no longer passes, and when a whole run says
 * something else than docs/conformance-stdio.md, which `--write` writes.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import type { LegComparison } from "./conformance/comparison.ts";
import { compareLeg } from "./conformance/comparison.ts";
import { describeLeg, seconds, sum } from "./conformance/report.ts";
import { describePage, isKnown, surprises } from "./conformance/stdio-page.ts";
import { LEGS } from "./conformance/suite.ts";
import { stdioServer } from "./fixtures/bridge.ts";
import { startDualEraServer } from "./fixtures/servers/dual-era.ts";
import { startTestSidecar } from "./fixtures/start-sidecar.ts";

const PAGE = new URL("../docs/conformance-stdio.md", import.meta.url);

const { values } = parseArgs({
  options: {
    leg: { type: "string" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

const startedAt = performance.now();
const comparisons = await compareAll();
const scenarios = comparisons.flatMap((comparison) => comparison.scenarios);
const failing = sum(scenarios, "direct").failed;
const problems = [...comparisons.flatMap(surprises), ...pageProblems(), ...runProblems()];
console.log(
  `${scenarios.length} scenarios, ${sum(scenarios, "direct").passed} checks passed over HTTP and ` +
    `${sum(scenarios, "through").passed} behind the bridge; ${seconds(performance.now() - startedAt)}`,
);
for (const problem of problems) console.log(`! ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function compareAll(): Promise<LegComparison[]> {
  const server = await startDualEraServer();
  const { command, args } = stdioServer("dual-era");
  const sidecar = await startTestSidecar({ command: [command, ...args] });
  const done: LegComparison[] = [];
  for (const leg of LEGS.filter(({ name }) => values.leg === undefined || name === values.leg)) {
    const ways = { direct: server.url, through: sidecar.url, areApart: true, isExpected: isKnown };
    const comparison = await compareLeg(leg, ways, values.only);
    console.log(describeLeg(comparison));
    done.push(comparison);
  }
  await sidecar.stop();
  await server.close();
  return done;
}

function pageProblems(): readonly string[] {
  if (values.leg !== undefined || values.only !== undefined) return [];
  const page = describePage(comparisons);
  if (values.write) writeFileSync(PAGE, page);
  return readFileSync(PAGE, "utf8") === page
    ? []
    : ["docs/conformance-stdio.md says otherwise: run with --write"];
}

function runProblems(): readonly string[] {
  if (scenarios.length === 0) return ["nothing ran"];
  return failing === 0 ? [] : [`${failing} checks failed over HTTP`];
}
