import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "test/cases/README.md"), "utf8");

interface Row {
  readonly condition: string;
  readonly file: string;
  readonly tests: readonly string[];
}

const ROWS: readonly Row[] = [...PAGE.matchAll(/^\| (.*) ?\| `(test\/\S+)` \| (.*) \|$/gm)].reduce<Row[]>(
  (rows, [, condition = "", file = "", tests = ""]) => {
    const named = condition.trim() === "" ? (rows.at(-1)?.condition ?? "") : (condition.split(":")[0] ?? "");
    return [
      ...rows,
      { condition: named, file, tests: [...tests.matchAll(/"([^"]+)"/g)].map(([, text = ""]) => text) },
    ];
  },
  [],
);

it("names conditions with at least three tests each", () => {
  const conditions = Map.groupBy(ROWS, ({ condition }) => condition);
  const counts = Array.from(conditions, ([, rows]) => rows.flatMap(({ tests }) => tests).length);
  expect(counts.length).toBe(18);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(3);
});

it.each(ROWS)("names tests of $condition that are in $file", ({ file, tests }) => {
  const text = readFileSync(join(ROOT, file), "utf8");
  expect(tests.filter((test) => !text.includes(`"${test}"`))).toEqual([]);
});
