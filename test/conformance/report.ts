/** The comparison as lines to print. */

import type { LegComparison, ScenarioComparison } from "./comparison.ts";
import { isEqual } from "./comparison.ts";
import type { Counts } from "./suite.ts";

/** A line for each scenario, marked where the sides differ, and the sum. */
export function describeLeg(comparison: LegComparison): string {
  const { leg, scenarios, directMs, throughMs } = comparison;
  return [
    `leg ${leg}: ${scenarios.length} scenarios, direct ${seconds(directMs)}, through Tollgate ${seconds(throughMs)}`,
    row(" ", "scenario", "direct", "through Tollgate"),
    ...scenarios.map(describeScenario),
    row(" ", "total", counts(sum(scenarios, "direct")), counts(sum(scenarios, "through"))),
    "",
  ].join("\n");
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

export function sum(scenarios: readonly ScenarioComparison[], side: "direct" | "through"): Counts {
  const total = (outcome: keyof Counts) =>
    scenarios.reduce((sumSoFar, scenario) => sumSoFar + scenario[side][outcome], 0);
  return { passed: total("passed"), failed: total("failed"), warned: total("warned") };
}

function describeScenario(comparison: ScenarioComparison): string {
  const { scenario, direct, through, reruns } = comparison;
  const note = reruns === 0 ? "" : ` (re-run ${reruns === 1 ? "once" : "twice"})`;
  return row(isEqual(comparison) ? " " : "!", scenario, counts(direct), `${counts(through)}${note}`);
}

function counts({ passed, failed, warned }: Counts): string {
  const others = [failed > 0 ? `${failed} failed` : "", warned > 0 ? `${warned} warned` : ""];
  return [`${passed} passed`, ...others].filter((part) => part !== "").join(", ");
}

function row(mark: string, scenario: string, direct: string, through: string): string {
  return `${mark} ${scenario.padEnd(48)}${direct.padEnd(32)}${through}`;
}
