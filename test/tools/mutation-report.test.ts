/** The figure of a mutation run, from Stryker's report. */

import { describe, expect, it } from "vitest";
import { mutationScore, readOutcomes, replaceOutcomes } from "../../tools/mutation/outcomes.ts";

const SOURCE = "const a = 1;\nconst b =\n  2;\n";

function mutant(status: string, start: readonly [number, number], end: readonly [number, number]): object {
  return {
    mutatorName: "M",
    replacement: "{\n}",
    status,
    location: { start: { line: start[0], column: start[1] }, end: { line: end[0], column: end[1] } },
  };
}

function reportOf(...mutants: readonly object[]): object {
  return { schemaVersion: "1", files: { "src/policy/b.ts": { source: SOURCE, mutants } } };
}

/** The outcomes of a run of one file with one mutant. */
function run(file: string, status: string) {
  return readOutcomes({ files: { [file]: { source: SOURCE, mutants: [mutant(status, [1, 1], [1, 2])] } } });
}

describe("readFates", () => {
  it("counts by fate, and shows each survivor on one line", () => {
    const fates = readOutcomes(
      reportOf(
        mutant("NoCoverage", [2, 7], [3, 5]),
        mutant("Survived", [1, 11], [1, 12]),
        mutant("Killed", [1, 1], [1, 2]),
        mutant("Timeout", [1, 1], [1, 2]),
        mutant("RuntimeError", [1, 1], [1, 2]),
      ),
    );
    expect(fates).toEqual([
      {
        file: "src/policy/b.ts",
        mutants: 5,
        killed: 1,
        timedOut: 1,
        survived: 2,
        invalid: 1,
        survivors: [
          { file: "src/policy/b.ts", line: 1, mutator: "M", original: "1", replacement: "{ }" },
          { file: "src/policy/b.ts", line: 2, mutator: "M", original: "b = 2;", replacement: "{ }" },
        ],
      },
    ]);
    expect(mutationScore(fates)).toBe(50);
  });

  it("takes no report in which mutants were left out, or that is none", () => {
    expect(() => readOutcomes(reportOf(mutant("Ignored", [1, 1], [1, 2])))).toThrow(
      "some mutants were ignored",
    );
    expect(() => readOutcomes({})).toThrow();
  });
});

describe("scoreOf", () => {
  it("is 100 without any mutants", () => {
    expect(mutationScore([])).toBe(100);
  });
});

describe("replaceOutcomes", () => {
  it("takes a file's outcomes from the last run that has it", () => {
    const outcomes = replaceOutcomes(
      [...run("src/a.ts", "Survived"), ...run("src/b.ts", "Survived")],
      [run("src/b.ts", "Survived"), run("src/b.ts", "Killed")],
    );
    expect(outcomes.map(({ file, survived }) => [file, survived])).toEqual([
      ["src/a.ts", 1],
      ["src/b.ts", 0],
    ]);
  });
});
