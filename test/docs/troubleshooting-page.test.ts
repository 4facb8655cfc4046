/** docs/troubleshooting.md quotes messages that the program has, and has every reason of a denial and every exit of a start. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { REASONS } from "../../src/policy/mode.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8");
const SOURCE = globSync(["src/**/*.ts", "scripts/package/launch.ts"], { cwd: ROOT })
  .map((path) => readFileSync(join(ROOT, path), "utf8"))
  // Some texts are divided over lines of the source.
  .map((text) => text.replaceAll(/["`] \+\n\s*["`]/g, ""))
  .join("\n");

/** The first cells of the tables under a heading, without backticks. */
function firstCells(heading: string): string[] {
  const chapter = PAGE.split(/^##+ /m).find((each) => each.startsWith(heading)) ?? "";
  return [...chapter.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = ""]) => cell);
}

const CHAPTERS = ["Usage and settings", "An address, a file or the server", "The policy", "The log"];

describe("docs/troubleshooting.md", () => {
  it.each(CHAPTERS.flatMap((chapter) => firstCells(chapter).map((message) => [chapter, message] as const)))(
    "%s: quotes %j as the program has it",
    (_chapter, message) => {
      expect(SOURCE).toContain(message.replace(/^--audit: /, ""));
    },
  );

  it("has cause and cure of every reason of a denial", () => {
    expect(firstCells("A call is denied").toSorted()).toEqual(REASONS.toSorted());
  });

  it("has a row for each problem that the settings have between them", () => {
    const own = readFileSync(join(ROOT, "src/config/settings/parse-settings.ts"), "utf8");
    const problems = [...own.matchAll(/[`"](?:--)?[^`"\n]*: ((?:is|are|must|needs) [^`"\n$]{12,})/g)];
    const quoted = CHAPTERS.flatMap(firstCells);
    const missing = problems
      .map(([, text = ""]) => text)
      .filter((text) => !quoted.some((each) => text.includes(each)));
    expect(missing).toEqual([]);
    expect(problems.length).toBeGreaterThan(8);
  });

  it("has every warning and error that the sidecar logs", () => {
    const logs = globSync("src/sidecar/**/*.ts", { cwd: ROOT }).flatMap((path) => [
      ...readFileSync(join(ROOT, path), "utf8").matchAll(
        /log\.(?:warn|error)\((?:\{[^}]*\}, )?"([^"]{12,})"/g,
      ),
    ]);
    const quoted = firstCells("The log");
    const missing = logs
      .map(([, text = ""]) => text)
      .filter((text) => !quoted.some((each) => text.startsWith(each)));
    expect(missing).toEqual([]);
  });
});
