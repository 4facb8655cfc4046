/** The threat model names tests that are there: a defence without one is a claim. */

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const DOCS = resolve(import.meta.dirname, "../docs");
const PAGE = readFileSync(join(DOCS, "threat-model.md"), "utf8");
const THREATS = PAGE.slice(PAGE.indexOf("## Threats"), PAGE.indexOf("## What it does not"));
const ROWS = THREATS.split("\n").filter((line) => /^\| [A-Z]/.test(line));

describe("docs/threat-model.md", () => {
  it("names a test for each threat", () => {
    expect(ROWS.length).toBeGreaterThan(15);
    expect(ROWS.filter((row) => !row.includes("](../test/"))).toEqual([]);
  });

  it.each([...PAGE.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path))(
    "links to %s, which is there",
    (path) => {
      expect(existsSync(resolve(DOCS, path ?? ""))).toBe(true);
    },
  );
});
