/** More than 4,000 decisions of the pure core, from tables that are written by hand and crossed with each other. */

import { describe, expect, it } from "vitest";
import { describeCall, playStory } from "../../src/commands/corpus/play.ts";
import { parsePolicyFile } from "../../src/config/files/policy-file.ts";
import { POLICY_TEXT, storyOf, TABLES } from "../fixtures/decision-tables/all.ts";

const read = parsePolicyFile(Buffer.from(POLICY_TEXT), "tables.json");
if (!read.ok) throw new Error(read.problems.join("\n"));
const { policy } = read;

function count(tables: typeof TABLES): number {
  return tables.reduce((sum, { cases }) => sum + cases.length, 0);
}

describe("the tables of decisions", () => {
  it.each(TABLES)("$name", (table) => {
    const wrong = Array.from(
      playStory(storyOf([table]), policy).filter(({ differences }) => differences.length > 0),
    );
    expect(wrong.map(({ call, differences }) => [describeCall(call), ...differences].join("; "))).toEqual([]);
  });

  it("have at least 4,000 decisions, 1,500 of them of allowed and denied calls that can be made live", () => {
    expect(count(TABLES)).toBeGreaterThanOrEqual(4_000);
    expect(count(TABLES.filter(({ isPureOnly }) => isPureOnly !== true))).toBeGreaterThanOrEqual(1_500);
    const effects = TABLES.flatMap(({ cases }) => cases.map(({ effect }) => effect));
    expect(effects.filter((effect) => effect === "allow").length).toBeGreaterThan(500);
    expect(effects.filter((effect) => effect === "deny").length).toBeGreaterThan(500);
  });
});
