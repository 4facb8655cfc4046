/** The README tells the truth: its table of flags is the one that the program is made of, its links lead somewhere. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FLAGS } from "../src/config/settings/flags.ts";

const ROOT = join(import.meta.dirname, "..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

describe("README.md", () => {
  it("lists exactly the flags of tollgate run", () => {
    const rows = README.split("\n").filter((line) => line.startsWith("| `--"));
    expect(rows).toEqual(
      FLAGS.map(({ name, value, environment, fallback, meaning }) => {
        const [valueCell, fallbackCell, meaningCell] = [value, fallback, meaning].map(escapePipes);
        return `| \`${`--${name} ${valueCell}`.trim()}\` | \`${environment}\` | ${fallbackCell} | ${meaningCell} |`;
      }),
    );
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
