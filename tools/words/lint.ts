/**
 * The lint of words, part of `npm run check`: `node tools/words/lint.ts [PATH...]`. With paths it prints the findings of the
 * files below them, listed or not. `--write` takes the files that are clean by now off the lists in `tools/words/unclean/`.
 */

import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { checkFiles, describeFindings } from "./check-files.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const LISTS = join(import.meta.dirname, "unclean");
const CODE = "{src,test,scripts,tools,docs,dashboards,console}/**/*.ts";
const TEXT = "{*.md,{docs,policies,deploy,src,scripts,tools,dashboards}/**/*.md}";
/** The list of patterns is made of what it forbids. */
const EXEMPT = new Set(["tools/words/patterns.ts"]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "boolean" } },
});

const files = globSync([CODE, TEXT], { cwd: ROOT, exclude: ["**/node_modules/**"] })
  .filter((path) => !EXEMPT.has(path))
  .toSorted()
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));

if (values.write) shrinkLists();
else {
  const faults = positionals.length === 0 ? checkFiles(files, listedFiles()) : findingsBelow(positionals);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

function findingsBelow(paths: readonly string[]): readonly string[] {
  return files.filter(({ path }) => paths.some((start) => path.startsWith(start))).flatMap(describeFindings);
}

/** The files that are not clean yet; a list for each room, so that two people who clean two rooms do not meet in one file. */
function listedFiles(): ReadonlySet<string> {
  return new Set(listNames().flatMap(readList));
}

function shrinkLists(): void {
  const unclean = new Set(files.filter((file) => describeFindings(file).length > 0).map(({ path }) => path));
  for (const name of listNames()) {
    const kept = readList(name).filter((path) => unclean.has(path));
    if (kept.length === 0) rmSync(join(LISTS, name));
    else writeFileSync(join(LISTS, name), `${kept.join("\n")}\n`);
  }
}

function listNames(): readonly string[] {
  return globSync("*.txt", { cwd: LISTS });
}

function readList(name: string): readonly string[] {
  return readFileSync(join(LISTS, name), "utf8").trim().split("\n");
}
