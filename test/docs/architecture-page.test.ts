/** The architecture page: its paths exist, its names are in their files, and its floors are those of the test of floors. */

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const PAGE = read("docs/architecture.md");
const PATHS = new Set(
  [...PAGE.matchAll(/`((?:src|test|docs|dashboards)\/[\w./-]+)`/g)].map(([, path = ""]) => path),
);
const ANSWERS = [...PAGE.matchAll(/^\| (Where .*\?) \| `(.+)` \| `(.+)` \|$/gm)].map(
  ([, question = "", path = "", name = ""]) => ({ question, path, name }),
);

/** The imports of each floor, without quotes; from matches of its name and its list. */
const floors = (rows: Iterable<RegExpMatchArray>): Record<string, string> =>
  Object.fromEntries([...rows].map(([, floor, imports = ""]) => [floor, imports.replace(/[`"\s]/g, "")]));

describe("docs/architecture.md", () => {
  it("names only files that exist", () => {
    expect(PATHS.size).toBeGreaterThan(30);
    expect([...PATHS].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("answers at least ten questions", () => {
    expect(ANSWERS.length).toBeGreaterThanOrEqual(10);
  });

  it.each(ANSWERS)("answers $question with a file that has $name", ({ path, name }) => {
    expect(read(path)).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it("lists the floors that the architecture test holds", () => {
    const held = read("test/architecture.test.ts").matchAll(/^ {2}"?([\w.]+)"?: \{\s*floors: \[([^\]]*)\]/gm);
    const shown = PAGE.matchAll(/^\| `([\w.]+)` \|([^|]*)\|[^|]+\|$/gm);
    expect(floors(shown)).toEqual(floors(held));
  });
});
