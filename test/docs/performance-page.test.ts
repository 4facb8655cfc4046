/** docs/performance.md: its figures and pictures are those of tools/bench/results, and what it names is there. */

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { readResults } from "../../tools/bench/scale/curve.ts";
import { CURVES } from "../../tools/bench/scale/curves.ts";
import { fillBenchPage } from "../../tools/bench/report/page.ts";
import type { Report } from "../../tools/bench/report/report.ts";
import { fillPage, picturesOf } from "../../tools/bench/scale/report.ts";

const FOLDER = new URL("../../docs/", import.meta.url);
const PAGE = readFileSync(new URL("performance.md", FOLDER), "utf8");
const LIMITS = readFileSync(new URL("limits.md", FOLDER), "utf8");
const results = readResults();
const BENCH: Report = JSON.parse(
  readFileSync(new URL("../../tools/bench/results/latest.json", import.meta.url), "utf8"),
);

describe("docs/performance.md", () => {
  it("has the table of the benchmark's results", () => {
    expect(fillBenchPage(PAGE, BENCH)).toBe(PAGE);
  });

  it("has the figures of the results, and no others between its markers", () => {
    expect(fillPage(PAGE, results)).toBe(PAGE);
  });

  it.each([...picturesOf(results)])("has %s as it is drawn from the results", (file, svg) => {
    expect(readFileSync(new URL(file, FOLDER), "utf8")).toBe(svg);
  });

  it("has every curve at every one of its points", () => {
    const counts = Object.entries(results.curves).map(([name, points]) => [name, points.length]);
    expect(counts).toEqual(CURVES.map(({ name, points }) => [name, points.length]));
  });

  it("says on what machine, without a name of its own", () => {
    expect(Object.keys(results.machine)).toEqual(["cores", "cpu", "memoryGiB", "node"]);
    expect(PAGE).toContain(`Node ${results.machine.node}`);
  });

  it("names scripts, pages and bounds that there are", () => {
    const scripts = [...PAGE.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);
    expect(scripts).toContain("bench:scale");
    const pages = [...PAGE.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => path);
    const bounds = [...PAGE.matchAll(/bounds: \{ ([^}]+) \}/g)].flatMap(([, names = ""]) =>
      names.split(", "),
    );
    expect(bounds.length).toBeGreaterThan(5);
    const missing = [
      ...scripts.filter((name) => !Object.keys(manifest.scripts).includes(name)),
      ...pages.filter((path) => !existsSync(new URL(path, FOLDER))),
      ...bounds.filter((name) => !LIMITS.includes(`| \`${name}\` |`)),
    ];
    expect(missing).toEqual([]);
  });
});
