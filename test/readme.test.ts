/** The README is short, and its links lead somewhere. The page of the command line lists the flags that the program has. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FLAGS } from "../src/config/settings/flags.ts";

const ROOT = join(import.meta.dirname, "..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const COMMAND_LINE = readFileSync(join(ROOT, "docs/command-line.md"), "utf8");

describe("docs/command-line.md", () => {
  it("lists exactly the flags of tollgate run", () => {
    const rows = COMMAND_LINE.split("\n").filter((line) => line.startsWith("| `--"));
    expect(rows).toEqual(
      FLAGS.map(({ name, value, environment, fallback, meaning }) => {
        const [valueCell, fallbackCell, meaningCell] = [value, fallback, meaning].map(escapePipes);
        return `| \`${`--${name} ${valueCell}`.trim()}\` | \`${environment}\` | ${fallbackCell} | ${meaningCell} |`;
      }),
    );
  });
});

describe("README.md", () => {
  it("has fewer than 250 lines", () => {
    expect(README.split("\n").length).toBeLessThan(250);
  });

  it.each([...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path))(
    "links to %s, which is there",
    (path) => {
      expect(existsSync(join(ROOT, path ?? ""))).toBe(true);
    },
  );
});

function escapePipes(text: string): string {
  return text.replaceAll("|", String.raw`\|`);
}
