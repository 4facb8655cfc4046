/** Compares the suite's counts for one server, reached directly and through Tollgate. */

import type { Counts, Leg, SuiteRun } from "./suite.ts";
import { runSuite } from "./suite.ts";

/** The same server, reached with and without Tollgate. */
export interface Ways {
  readonly direct: string;
  readonly through: string;
  /** The two ways lead to two servers that share nothing, so both can run at the same time. */
  readonly areApart?: boolean;
  /** Whether a difference has a known reason; such a scenario is not run again. */
  readonly isExpected?: (comparison: ScenarioComparison) => boolean;
}

export interface ScenarioComparison {
  readonly scenario: string;
  readonly direct: Counts;
  readonly through: Counts;
  /** How often both sides were run once more because they differed. */
  readonly reruns: number;
}

export interface LegComparison {
  readonly leg: string;
  readonly directMs: number;
  readonly throughMs: number;
  readonly scenarios: readonly ScenarioComparison[];
}

/** Some scenarios depend on timing; a difference counts only when it remains after the reruns. */
const MAX_RERUNS = 2;

const ABSENT: Counts = { passed: 0, failed: 0, warned: 0 };

export async function compareLeg(leg: Leg, ways: Ways, only?: string): Promise<LegComparison> {
  const [direct, through] = await runBoth(leg, ways, only);
  const scenarios: ScenarioComparison[] = [];
  for (const scenario of new Set([...direct.scenarios.keys(), ...through.scenarios.keys()])) {
    const first = compare(scenario, direct, through);
    const isSettled = isEqual(first) || ways.isExpected?.(first) === true;
    scenarios.push(isSettled ? first : await rerun(leg, ways, first));
  }
  return { leg: leg.name, directMs: direct.durationMs, throughMs: through.durationMs, scenarios };
}

export function isEqual({ direct, through }: ScenarioComparison): boolean {
  return (
    direct.passed === through.passed && direct.failed === through.failed && direct.warned === through.warned
  );
}

async function rerun(leg: Leg, ways: Ways, last: ScenarioComparison): Promise<ScenarioComparison> {
  if (isEqual(last) || last.reruns === MAX_RERUNS) return last;
  const [direct, through] = await runBoth(leg, ways, last.scenario);
  return rerun(leg, ways, { ...compare(last.scenario, direct, through), reruns: last.reruns + 1 });
}

/** Runs one side after the other, unless they are apart: notifications for one would reach the streams of the other. */
async function runBoth(leg: Leg, ways: Ways, only?: string): Promise<[SuiteRun, SuiteRun]> {
  const { direct, through, areApart = false } = ways;
  if (areApart) return Promise.all([runSuite(leg, direct, only), runSuite(leg, through, only)]);
  return [await runSuite(leg, direct, only), await runSuite(leg, through, only)];
}

function compare(scenario: string, direct: SuiteRun, through: SuiteRun): ScenarioComparison {
  return {
    scenario,
    direct: direct.scenarios.get(scenario) ?? ABSENT,
    through: through.scenarios.get(scenario) ?? ABSENT,
    reruns: 0,
  };
}
