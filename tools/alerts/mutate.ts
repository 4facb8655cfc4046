/** Puts one fault at a time into the alert rules and counts how many of them promtool's tests detect: `node tools/alerts/mutate.ts`. */

import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import * as z from "zod";
import { type Mutant, listMutants } from "./mutants.ts";
import { listNamespaceTests, writeRelabelledTest } from "./relabelled-tests.ts";
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
  /** Number of mutants that mean the same as the rule. */
  readonly equivalent: number;
  /** Names of the mutants that no test detected. */
  readonly survivors: readonly string[];
  /** Names listed as equivalent that are not mutants, or that a test detected. */
  readonly stale: readonly string[];
}

const EQUIVALENTS = z
  .record(z.string(), z.string())
  .parse(JSON.parse(readFileSync(new URL("equivalent-mutants.json", import.meta.url), "utf8")));
const AT_ONCE = 2;
const NAMESPACE_TESTS = new Set(listNamespaceTests());

interface MutantPosition {
  readonly file: string;
  readonly group: number;
  readonly index: number;
  readonly mutant: Mutant;
}

/** Runs the tests of a rule on each of its mutants. @throws when promtool is missing, or a test fails without a mutant */
export async function mutateAlerts(
  isWanted: (name: string) => boolean = () => true,
): Promise<MutationResult> {
  for (const file of listTestFiles()) {
    if (!(await passes(ALERTS_FOLDER, [file]))) throw new Error(`${file} fails on the rules as they are`);
  }
  const places = listMutantPositions().filter(({ mutant }) => isWanted(mutant.name));
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

/** Listed names whose mutant was detected, or that name no mutant. */
function unusedEquivalents(
  places: readonly MutantPosition[],
  equivalent: readonly string[],
): readonly string[] {
  const ran = new Set(places.map(({ mutant }) => mutant.name));
  const all = new Set(listMutantPositions().map(({ mutant }) => mutant.name));
  return Object.keys(EQUIVALENTS).filter(
    (name) => !all.has(name) || (ran.has(name) && !equivalent.includes(name)),
  );
}

function listMutantPositions(): readonly MutantPosition[] {
  return RULE_FILES.flatMap((file) =>
    readRuleFile(file).groups.flatMap(({ rules }, group) =>
      rules.flatMap((rule, index) => listMutants(rule).map((mutant) => ({ file, group, index, mutant }))),
    ),
  );
}

async function survives({ file, group, index, mutant }: MutantPosition): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-mutant-"));
  try {
    cpSync(ALERTS_FOLDER, folder, { recursive: true });
    const changed = readRuleFile(file);
    changed.groups[group]?.rules.splice(index, 1, mutant.rule);
    writeFileSync(join(folder, file), stringify(changed));
    const tests = testsOf(mutant.rule);
    for (const test of tests) if (!(await passes(folder, [test]))) return false;
    for (const test of tests.filter((name) => NAMESPACE_TESTS.has(name))) {
      const relabelled = writeRelabelledTest(folder, test, "cluster");
      if (!(await passes(folder, [relabelled]))) return false;
    }
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the tests of this rule; for a recording rule also the tests of alerts that use it. */
function testsOf(rule: AlertRule | RecordingRule): readonly string[] {
  const names = "alert" in rule ? [rule.alert] : ["recording", ...alertsUsing(rule.record)];
  return listTestFiles().filter((file) => names.includes(file.split(".")[0] ?? file));
}

function alertsUsing(record: string): readonly string[] {
  const records = readRecordings()
    .filter(({ expr, record: name }) => name !== record && expr.includes(record))
    .flatMap(({ record: name }) => alertsUsing(name));
  const direct = readAlerts().filter(({ expr }) => expr.includes(record));
  return [...new Set([...direct.map(({ alert }) => alert), ...records])];
}

/** Whether promtool reports that the tests pass. Rules that it cannot read fail. */
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
