/** Changes the alert rules one fault at a time and counts how many of the changes promtool's tests notice: `node tools/alerts/mutate.ts`. */

import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import * as z from "zod";
import { type Mutant, listMutants } from "./mutants.ts";
import {
  ALERTS_FOLDER,
  type AlertRule,
  readAlerts,
  readRecordings,
  readRuleFile,
  type RecordingRule,
  RULE_FILES,
  listTestFiles,
} from "./rule-files.ts";

export interface MutationResult {
  readonly mutants: number;
  readonly caught: number;
  /** Mutants that mean the same as the rule, by name, each with the reason. */
  readonly equivalent: number;
  /** Names of the mutants that no test noticed. */
  readonly survivors: readonly string[];
  /** Names on the list of equivalents that are no mutant, or that a test did notice. */
  readonly stale: readonly string[];
}

const EQUIVALENTS = z
  .record(z.string(), z.string())
  .parse(JSON.parse(readFileSync(new URL("equivalent-mutants.json", import.meta.url), "utf8")));
const AT_ONCE = 2;

interface Place {
  readonly file: string;
  readonly group: number;
  readonly index: number;
  readonly mutant: Mutant;
}

/** Runs the tests that a rule matters to on each of its mutants. @throws when promtool is missing, or a test fails without a mutant. */
export async function mutateAlerts(
  isWanted: (name: string) => boolean = () => true,
): Promise<MutationResult> {
  for (const file of listTestFiles()) {
    if (!(await passes(ALERTS_FOLDER, [file]))) throw new Error(`${file} fails on the rules as they are`);
  }
  const places = allPlaces().filter(({ mutant }) => isWanted(mutant.name));
  const queue = [...places];
  const unnoticed: string[] = [];
  const work = async (): Promise<void> => {
    for (let place = queue.pop(); place !== undefined; place = queue.pop()) {
      if (await survives(place)) unnoticed.push(place.mutant.name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const equivalent = unnoticed.filter((name) => name in EQUIVALENTS);
  return {
    mutants: places.length - equivalent.length,
    caught: places.length - unnoticed.length,
    equivalent: equivalent.length,
    survivors: unnoticed.filter((name) => !(name in EQUIVALENTS)).toSorted(),
    stale: unusedEquivalents(places, equivalent),
  };
}

/** Names on the list that were run and noticed, or that no mutant has any more. */
function unusedEquivalents(places: readonly Place[], equivalent: readonly string[]): readonly string[] {
  const ran = new Set(places.map(({ mutant }) => mutant.name));
  const all = new Set(allPlaces().map(({ mutant }) => mutant.name));
  return Object.keys(EQUIVALENTS).filter(
    (name) => !all.has(name) || (ran.has(name) && !equivalent.includes(name)),
  );
}

function allPlaces(): readonly Place[] {
  return RULE_FILES.flatMap((file) =>
    readRuleFile(file).groups.flatMap(({ rules }, group) =>
      rules.flatMap((rule, index) => listMutants(rule).map((mutant) => ({ file, group, index, mutant }))),
    ),
  );
}

async function survives({ file, group, index, mutant }: Place): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-mutant-"));
  try {
    cpSync(ALERTS_FOLDER, folder, { recursive: true });
    const changed = readRuleFile(file);
    changed.groups[group]?.rules.splice(index, 1, mutant.rule);
    writeFileSync(join(folder, file), stringify(changed));
    for (const test of testsOf(mutant.rule)) if (!(await passes(folder, [test]))) return false;
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The tests that are about this rule; for a recording rule also those of the alerts that stand on it. */
function testsOf(rule: AlertRule | RecordingRule): readonly string[] {
  const names = "alert" in rule ? [rule.alert] : ["recording", ...alertsStandingOn(rule.record)];
  return listTestFiles().filter((file) => names.includes(file.split(".")[0] ?? file));
}

function alertsStandingOn(record: string): readonly string[] {
  const records = readRecordings()
    .filter(({ expr, record: name }) => name !== record && expr.includes(record))
    .flatMap(({ record: name }) => alertsStandingOn(name));
  const direct = readAlerts().filter(({ expr }) => expr.includes(record));
  return [...new Set([...direct.map(({ alert }) => alert), ...records])];
}

/** Whether promtool says that the tests pass; rules that it cannot read fail. */
function passes(folder: string, tests: readonly string[]): Promise<boolean> {
  const files = tests.map((test) => join(folder, "tests", test));
  return new Promise((resolve, reject) => {
    execFile("promtool", ["test", "rules", ...files], { timeout: 60_000 }, (error) => {
      if (error?.code === "ENOENT")
        reject(new Error("promtool is missing: run npm run setup:system (Debian: prometheus)"));
      else resolve(error === null);
    });
  });
}

if (import.meta.main) {
  const [filter = ""] = process.argv.slice(2);
  const { mutants, caught, equivalent, survivors, stale } = await mutateAlerts((name) =>
    name.includes(filter),
  );
  for (const name of survivors) console.log(`not noticed: ${name}`);
  for (const name of stale) console.log(`not equivalent: ${name}`);
  console.log(`mutants: ${mutants}, caught: ${caught}; ${equivalent} more mean the same as the rule`);
  process.exitCode = survivors.length + stale.length === 0 ? 0 : 1;
}
