/**
 * Compares the official conformance suite on the dual-era server directly and through Tollgate, scenario by scenario.
 *
 *   node test/conformance.ts [--leg NAME] [--only SCENARIO] [--port PORT --through URL]
 *
 * Exits 1 when a count differs, when the server itself no longer passes, and when nothing ran. With `--through` the
 * second way is not the sidecar of this checkout but what listens at `URL`, in front of the server on `PORT`.
 */

import { parseArgs } from "node:util";

import type { LegComparison } from "./conformance/comparison.ts";
import { compareLeg, isEqual } from "./conformance/comparison.ts";
import { describeLeg, seconds, sum } from "./conformance/report.ts";
import { LEGS } from "./conformance/suite.ts";
import { startDualEraServer } from "./fixtures/servers/dual-era.ts";
import { startTollgateProcess } from "./fixtures/start-tollgate.ts";

const { values } = parseArgs({
  options: {
    leg: { type: "string" },
    only: { type: "string" },
    port: { type: "string", default: "0" },
    through: { type: "string" },
  },
});

const startedAt = performance.now();
const comparisons = await compareAll();
const scenarios = comparisons.flatMap((comparison) => comparison.scenarios);
const differing = scenarios.filter((scenario) => !isEqual(scenario)).length;
const failing = sum(scenarios, "direct").failed;
console.log(
  `${scenarios.length} scenarios, ${sum(scenarios, "direct").passed} checks passed directly and ` +
    `${sum(scenarios, "through").passed} through Tollgate; ${differing} scenarios differ, ` +
    `${failing} checks failed directly; ${seconds(performance.now() - startedAt)}`,
);
process.exitCode = scenarios.length > 0 && differing === 0 && failing === 0 ? 0 : 1;

async function compareAll(): Promise<LegComparison[]> {
  const server = await startDualEraServer({ port: Number(values.port) });
  const sidecar =
    values.through === undefined ? await startTollgateProcess({ upstream: server.url }) : undefined;
  const ways = { direct: server.url, through: sidecar?.url ?? values.through ?? server.url };
  try {
    const legs = LEGS.filter((leg) => values.leg === undefined || leg.name === values.leg);
    const done: LegComparison[] = [];
    for (const leg of legs) {
      const comparison = await compareLeg(leg, ways, values.only);
      console.log(describeLeg(comparison));
      done.push(comparison);
    }
    return done;
  } finally {
    await sidecar?.stop();
    await server.close();
  }
}
