/**
 * Compares the official conformance suite on the dual-era server directly and through Tollgate, scenario by scenario.
 *
 *   node test/conformance.ts [--leg NAME] [--only SCENARIO] [--port PORT --through URL]
 *
 * Exits 1 when a count differs, when the server itself no longer passes, and when nothing ran. With `--through` the
 * second way is not the sidecar of this checkout but what listens at `URL`, in front of the server on `PORT`.
 */

import { parseArgs } from "node:util";

import type { LegComparison, Ways } from "./conformance/comparison.ts";
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
  try {
    if (values.through !== undefined)
      return await compareLegs({ direct: server.url, through: values.through });
    const sidecar = await startTollgateProcess({ upstream: server.url });
    try {
      return await compareLegs({ direct: server.url, through: sidecar.url });
    } finally {
      await sidecar.stop();
    }
  } finally {
    await server.close();
  }
}

async function compareLegs(ways: Ways): Promise<LegComparison[]> {
  const done: LegComparison[] = [];
  for (const leg of LEGS.filter(({ name }) => values.leg === undefined || name === values.leg)) {
    const comparison = await compareLeg(leg, ways, values.only);
    console.log(describeLeg(comparison));
    done.push(comparison);
  }
  return done;
}
