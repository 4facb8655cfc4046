/**
 * Runs the attacks of an adversary against this checkout and prints each figure with its bar: `npm run test:security`.
 *
 *   node test/security/run.ts [--quick] [--only SECTION[,SECTION]] [--policies NAME[,NAME]]
 *
 * Exits 1 when a bar is missed, or when nothing ran.
 */

import { parseArgs } from "node:util";

import { ARGUMENTS } from "./arguments/section.ts";
import { BYPASS } from "./bypass/section.ts";
import { type Figure, printFigure, type Section } from "./figure.ts";
import { FUZZ } from "./fuzz/section.ts";
import { HTTP } from "./http/section.ts";
import { LEGITIMATE } from "./legitimate/section.ts";
import { LIMITS } from "./limits/section.ts";
import { LOOSER } from "./looser/section.ts";
import { POLICIES } from "./policies/section.ts";
import { PROOF } from "./proof/section.ts";
import { SCHEMAS } from "./schemas/section.ts";
import { SLOW } from "./slow/section.ts";
import { TELEMETRY } from "./telemetry/section.ts";
import { prepareToolchain } from "./toolchain.ts";

const SECTIONS: readonly Section[] = [
  BYPASS,
  ARGUMENTS,
  LEGITIMATE,
  FUZZ,
  SCHEMAS,
  LOOSER,
  POLICIES,
  HTTP,
  PROOF,
  LIMITS,
  TELEMETRY,
  SLOW,
];

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    policies: { type: "string" },
  },
});
const wanted = values.only?.split(",");
const startedAt = performance.now();
const policies = values.policies?.split(",");
const context = { toolchain: prepareToolchain(), isQuick: values.quick, ...(policies && { policies }) };
const figures: Figure[] = [];
for (const section of SECTIONS.filter(({ name }) => wanted?.includes(name) !== false)) {
  const sectionAt = performance.now();
  for (const figure of await section.run(context)) {
    printFigure(figure);
    figures.push(figure);
  }
  console.log(`        ${section.name} took ${seconds(sectionAt)}`);
}
const missed = figures.filter(({ isMet }) => !isMet).length;
console.log(`${figures.length - missed} passed, ${missed} failed`);
console.log(`security: ${figures.length} bars in ${seconds(startedAt)}`);
process.exitCode = missed === 0 && figures.length > 0 ? 0 : 1;

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
