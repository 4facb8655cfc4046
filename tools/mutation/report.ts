/**
 * Writes docs/mutation.json and docs/mutation.md from Stryker's report, after `npm run test:mutation`. Exits 1 when the score is below 90 %, or below 95 % in src/policy.
 * With a folder as its argument, reports that part of the core alone: `npm run test:mutation:policy`.
 * Reports of later runs may follow, each a file: the outcomes of a source file are those of the last report that has it, and the page lists such files.
 */

import { globSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type FileOutcome, mutationScore, readOutcomes, replaceOutcomes, type Survivor } from "./outcomes.ts";
import { MUTATED } from "./mutated.ts";

const ROOT = new URL("../../", import.meta.url);
const LEAST_SCORE = 90;
/** Of src/policy alone, which decides. */
const LEAST_POLICY_SCORE = 95;
/** The part of the core that was run. */
const [, , PART = "src/", ...LATER_REPORTS] = process.argv;
const PART_WORDS =
  PART === "src/"
    ? "the pure core (`src/json`, `src/policy` and the tool definitions of `src/mcp`)"
    : `\`${PART}\``;

/** Survivors that a person read and found to change nothing observable, each with the reason. They still count as survivors. */
const REVIEWED = z.array(
  z.object({ file: z.string(), original: z.string(), replacement: z.string(), reason: z.string() }),
);

const reviewed = REVIEWED.parse(readJsonFile("tools/mutation/reviewed.json"));
const later = LATER_REPORTS.map((file) => readOutcomes(readJsonFile(file)));
const outcomes = replaceOutcomes(readOutcomes(readJsonFile(".cache/mutation/report.json")), later).filter(
  ({ file }) => file.startsWith(PART),
);
const score = mutationScore(outcomes);
const policyScore = mutationScore(outcomes.filter(({ file }) => file.startsWith("src/policy/")));

requireWholeCore(outcomes);
write("docs/mutation.json", `${JSON.stringify(figures(), null, 2)}\n`);
write("docs/mutation.md", page());
for (const line of table()) console.log(line);
for (const { file, line, original, replacement } of outcomes.flatMap(({ survivors }) => survivors))
  console.log(`${file}:${line}: ${original} -> ${replacement}`);
if (score < LEAST_SCORE) {
  console.error(`mutation score: must be at least ${LEAST_SCORE} %, got ${percent(score)} %`);
  process.exitCode = 1;
}

if (policyScore < LEAST_POLICY_SCORE) {
  console.error(
    `mutation score of src/policy: must be at least ${LEAST_POLICY_SCORE} %, got ${percent(policyScore)} %`,
  );
  process.exitCode = 1;
}

/** Throws when files of the pure core are missing from the report: the score would be too narrow. */
function requireWholeCore(fates: readonly FileOutcome[]): void {
  const reported = new Set(fates.map(({ file }) => file));
  const [kept, left] = [true, false].map((isKept) =>
    MUTATED.filter((pattern) => pattern.startsWith("!") !== isKept).map((pattern) =>
      pattern.replace("!", ""),
    ),
  );
  const missing = globSync(kept ?? [], { cwd: fileURLToPath(ROOT), exclude: left ?? [] }).filter(
    (file) =>
      file.startsWith(PART) &&
      !reported.has(file) &&
      /^(?:export )?(?:async )?(?:function|class|const \w+ =)/m.test(withoutNames(file)),
  );
  if (missing.length > 0)
    throw new Error(`mutation report: run all files, missing are ${missing.join(", ")}`);
}

/** The source without lists that are types as well: no mutator changes them. */
function withoutNames(file: string): string {
  return text(file).replaceAll(/^export const \w+ = \[[^\]]*\] as const;$/gm, "");
}

function figures(): object {
  return {
    score: Number(percent(score)),
    mutants: sum("mutants"),
    killed: sum("killed"),
    timedOut: sum("timedOut"),
    survived: sum("survived"),
    invalid: sum("invalid"),
    files: outcomes.map((fate) => ({
      ...fate,
      survivors: undefined,
      score: Number(percent(mutationScore([fate]))),
    })),
    survivors: outcomes.flatMap(({ survivors }) => survivors),
  };
}

function page(): string {
  return `<!-- Written by tools/mutation/report.ts; do not edit. -->

# Mutation testing

\`npm run test:mutation\` changes the pure core (\`src/json\`, \`src/policy\` and the tool definitions of \`src/mcp\`), and \`npm run test:mutation:policy\`
\`src/policy\` alone. These are the figures of ${PART_WORDS}. A run changes one place at a time with [Stryker](https://stryker-mutator.io), in all
${sum("mutants")} places that its standard mutators know, and runs the tests of the policy against each change. A change that
turns a test red, or keeps it from ending, is noticed; any other survives. Tests that look at the clock are left out,
and properties run 100 times from a fixed seed, so that the figure is the same in every run.

**${percent(score)} %** of the changes are noticed, and **${percent(policyScore)} %** of those in \`src/policy\`. ${LEAST_SCORE} % and ${LEAST_POLICY_SCORE} % are required; the numbers are in \`mutation.json\`.
${laterWords()}
${table().join("\n")}

## Survivors

None is left out of the figure. A reason stands beside those that were read and change nothing that can be seen.

| place | from | to | reason |
| --- | --- | --- | --- |
${outcomes
  .flatMap(({ survivors }) => survivors)
  .map(survivorRow)
  .join("\n")}
`;
}

/** The files that were run again after the run of the whole. */
function laterWords(): string {
  const files = new Set(later.flat().map(({ file }) => `\`${file}\``));
  if (files.size === 0) return "";
  return `
After the run of the whole, tests were written from its survivors, and each of these files was run again with them, in all its places: ${Array.from(files).toSorted().join(", ")}.
`;
}

function table(): string[] {
  const rows = outcomes.map((fate) => row(fate.file.replace("src/", ""), fate, mutationScore([fate])));
  const total = { mutants: sum("mutants"), killed: sum("killed"), timedOut: sum("timedOut") };
  return [
    "| file | mutants | killed | timed out | survived | invalid | score |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
    row("all", { ...total, survived: sum("survived"), invalid: sum("invalid") }, score),
  ];
}

function row(name: string, fate: Omit<FileOutcome, "file" | "survivors">, share: number): string {
  const cells = [fate.mutants, fate.killed, fate.timedOut, fate.survived, fate.invalid, percent(share)];
  return `| ${name} | ${cells.join(" | ")} |`;
}

function survivorRow(survivor: Survivor): string {
  const { file, line, original, replacement } = survivor;
  const reason = reviewed.find(
    (each) => each.file === file && each.original === original && each.replacement === replacement,
  )?.reason;
  const cells = [`${file.replace("src/", "")}:${line}`, code(original), code(replacement), reason ?? ""];
  return `| ${cells.join(" | ")} |`;
}

/** Shortens source for a cell of a table. Brackets that would read as a link are set apart. */
function code(source: string): string {
  const short = source.length > 80 ? `${source.slice(0, 79)}…` : source;
  return short === "" ? "(nothing)" : `\`\` ${short.replaceAll("|", "\\|").replaceAll("](", "] (")} \`\``;
}

function sum(key: Exclude<keyof FileOutcome, "file" | "survivors">): number {
  return outcomes.reduce((total, fate) => total + fate[key], 0);
}

/** Truncates instead of rounding, so that a score below the bound is never shown as the bound. */
function percent(share: number): string {
  return (Math.floor(share * 100) / 100).toFixed(2);
}

function text(file: string): string {
  return readFileSync(new URL(file, ROOT), "utf8");
}

function readJsonFile(file: string): unknown {
  return JSON.parse(text(file));
}

function write(file: string, content: string): void {
  writeFileSync(new URL(file, ROOT), content);
}
