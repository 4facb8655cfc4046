/** The demo's table: the mapping of counters to columns, and the layout. */

import { describe, expect, it } from "vitest";
import { parseSamples } from "../../../src/commands/demo/samples.ts";
import { type Paint, readRows, renderGroups, renderRows } from "../../../src/commands/demo/table.ts";
import { OUTCOMES } from "../../../src/mcp/vocabulary.ts";
import { REASONS } from "../../../src/policy/mode.ts";

const plain: Paint = (_colour, text) => text;

function call(outcome: string, count = 1): string {
  return `tollgate_tool_calls_total{agent="a",tool="t",outcome="${outcome}"} ${count}`;
}

function denial(reason: string, mode = "enforce"): string {
  return `tollgate_tool_denials_total{agent="a",tool="t",reason="${reason}",mode="${mode}"} 1`;
}

function countsOf(...lines: readonly string[]) {
  return readRows(parseSamples(lines.join("\n")))[0]?.counts;
}

describe("readRows", () => {
  const none = { allowed: 0, failed: 0, limited: 0, denied: 0, hidden: 0 };

  it("counts a success as allowed", () => {
    expect(countsOf(call("success", 7))).toEqual({ ...none, allowed: 7 });
  });

  it.each(OUTCOMES.filter((outcome) => outcome !== "success" && outcome !== "denied"))(
    "counts a call that passed and ended with %s as failed",
    (outcome) => {
      expect(countsOf(call(outcome))).toEqual({ ...none, failed: 1 });
    },
  );

  it.each(["rate_limited", "budget_exceeded"])("counts %s as limited", (reason) => {
    expect(countsOf(call("denied"), denial(reason))).toEqual({ ...none, limited: 1 });
  });

  it("counts hidden as hidden", () => {
    expect(countsOf(call("denied"), denial("hidden"))).toEqual({ ...none, hidden: 1 });
  });

  it.each(REASONS.filter((reason) => !["rate_limited", "budget_exceeded", "hidden"].includes(reason)))(
    "counts %s as denied",
    (reason) => {
      expect(countsOf(call("denied"), denial(reason))).toEqual({ ...none, denied: 1 });
    },
  );

  it("counts a shadowed denial only under the outcome of the call", () => {
    expect(countsOf(call("success"), denial("condition", "shadow"))).toEqual({ ...none, allowed: 1 });
  });

  it("has no row for a counter of 0", () => {
    expect(countsOf(call("success", 0))).toBeUndefined();
  });
});

describe("renderRows", () => {
  it("aligns the columns and names each agent once", () => {
    const counts = { allowed: 12, failed: 0, limited: 3, denied: 0, hidden: 0 };
    const rows = [
      { agent: "planner", tool: "ExecuteQuery", counts },
      { agent: "planner", tool: "Up", counts: { ...counts, limited: 0 } },
      { agent: "runner", tool: "Up", counts },
    ];
    expect(renderRows(rows, plain)).toEqual([
      "agent    tool          allowed  failed  limited  denied  hidden",
      "planner  ExecuteQuery       12       ·        3       ·       ·",
      "         Up                 12       ·        ·       ·       ·",
      "runner   Up                 12       ·        3       ·       ·",
    ]);
  });
});

describe("renderGroups", () => {
  it("aligns the last column to the right", () => {
    expect(
      renderGroups(
        ["agent", "calls"],
        [
          ["a", "7"],
          ["longer", "1234567"],
        ],
      ),
    ).toEqual(["agent     calls", "a             7", "longer  1234567"]);
  });
});
