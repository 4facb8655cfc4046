/** The comparison behind the bridge as a page of the documentation. */

import type { LegComparison, ScenarioComparison } from "./comparison.ts";
import { isEqual } from "./comparison.ts";
import { sum } from "./report.ts";
import { KNOWN_DIFFERENCES } from "./stdio-differences.ts";
import type { Counts } from "./suite.ts";

const HEAD = `<!-- Written by test/conformance-stdio.ts --write; do not edit. -->

# Conformance of a stdio server behind the bridge

\`tollgate --listen HOST:PORT -- COMMAND\` serves a stdio server over Streamable HTTP. The official conformance suite knows HTTP only,
so the bridge is what makes it say something about a stdio server. \`npm run test:conformance:stdio\` runs it on one server
twice: where it speaks HTTP itself, and where it speaks stdio behind the bridge. It fails when a count differs from this page.

`;

/** The whole page; the same for the same counts. */
export function describePage(comparisons: readonly LegComparison[]): string {
  const legs = comparisons.map(describeLeg).join("\n");
  const reasons = KNOWN_DIFFERENCES.map(({ scenario, reason }) => `- \`${scenario}\`: ${reason}`).join("\n");
  return `${HEAD}## What cannot pass over stdio\n\n${reasons}\n\n${legs}`;
}

/** The differences that have no entry in `KNOWN_DIFFERENCES` or do not match their entry, one a line. */
export function surprises({ leg, scenarios }: LegComparison): readonly string[] {
  return scenarios
    .filter((scenario) => !isEqual(scenario) && !isKnown(scenario))
    .map(({ scenario, direct, through }) => `leg ${leg}: ${scenario}: ${words(direct)}, ${words(through)}`);
}

/** Whether this is a difference that has its reason on the page. */
export function isKnown({ scenario, direct, through }: ScenarioComparison): boolean {
  const isClean = direct.failed + direct.warned + through.failed + through.warned === 0;
  const known = KNOWN_DIFFERENCES.find((difference) => difference.scenario === scenario);
  return isClean && known?.direct === direct.passed && known.through === through.passed;
}

function describeLeg(comparison: LegComparison): string {
  const { leg, scenarios } = comparison;
  const rows = scenarios.map(({ scenario, direct, through }) => row(`\`${scenario}\``, direct, through));
  const total = row("all", sum(scenarios, "direct"), sum(scenarios, "through"));
  return [
    `## Leg ${leg}`,
    "",
    "| scenario | HTTP | behind the bridge |",
    "| --- | --- | --- |",
    ...rows,
    total,
    "",
  ].join("\n");
}

function row(name: string, direct: Counts, through: Counts): string {
  return `| ${name} | ${words(direct)} | ${words(through)} |`;
}

function words({ passed, failed, warned }: Counts): string {
  const others = [failed > 0 ? `${failed} failed` : "", warned > 0 ? `${warned} warned` : ""];
  return [`${passed} passed`, ...others].filter((part) => part !== "").join(", ");
}
