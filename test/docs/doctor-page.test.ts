/** docs/doctor.md lists every finding of the doctor with its level and its cure. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { FINDINGS } from "../../src/commands/doctor/findings.ts";

const PAGE = readFileSync(new URL("../../docs/doctor.md", import.meta.url), "utf8");

it("lists every finding with its area, level and cure", () => {
  const rows = Object.entries(FINDINGS).map(([id, kind]) => {
    const fix = "fix" in kind ? kind.fix : "nothing";
    return `| \`${id}\` | ${kind.area} | ${kind.level} | ${fix} |`;
  });
  const written = PAGE.split("\n").filter((line) => / \| (?:ok|warning|fault) \| /.test(line));
  expect(written).toEqual(rows);
});
