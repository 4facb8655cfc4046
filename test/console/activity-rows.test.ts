/** Agents and tools as the console's table has them. */

import { describe, expect, it } from "vitest";
import { matrixOf } from "../../console/activity-rows.ts";
import type { AgentToolActivity } from "../../src/telemetry/recent/activity.ts";

function pair(
  agent: string,
  tool: string,
  calls: number,
  more: Partial<AgentToolActivity> = {},
): AgentToolActivity {
  return { agent, tool, calls, category: "read", denied: 0, wouldDeny: 0, failed: 0, ...more };
}

describe("the table of agents and tools", () => {
  it("sorts tools by category, those that execute first, and then by calls", () => {
    const { groups } = matrixOf([
      pair("a", "list", 50),
      pair("a", "query", 1, { category: "execute" }),
      pair("a", "run", 2, { category: "execute" }),
      pair("a", "drop", 9, { category: "destructive" }),
      pair("a", "_unknown", 70, { category: "unknown" }),
    ]);
    expect(groups.map(({ category, rows }) => [category, rows.map(({ tool }) => tool)])).toEqual([
      ["execute", ["run", "query"]],
      ["destructive", ["drop"]],
      ["read", ["list"]],
      ["unknown", ["_unknown"]],
    ]);
  });

  it("has a cell for each agent, empty without calls", () => {
    const { agents, groups } = matrixOf([
      pair("a", "list", 1, { denied: 1 }),
      pair("b", "list", 5, { failed: 2 }),
      pair("b", "get", 3, { wouldDeny: 1 }),
    ]);
    expect(agents).toEqual(["b", "a"]);
    expect(groups[0]?.rows).toEqual([
      {
        tool: "list",
        all: { calls: 6, denied: 1, wouldDeny: 0, failed: 2 },
        cells: [expect.objectContaining({ calls: 5 }), expect.objectContaining({ calls: 1 })],
      },
      {
        tool: "get",
        all: { calls: 3, denied: 0, wouldDeny: 1, failed: 0 },
        cells: [expect.objectContaining({ calls: 3 }), undefined],
      },
    ]);
  });

  it("sums further agents in one column, without losing a call", () => {
    const pairs = Array.from({ length: 10 }, (_, number) => pair(`agent-${number}`, "list", number + 1));
    const { agents, others, groups } = matrixOf(pairs);
    expect([agents.length, others]).toEqual([6, 4]);
    const [row] = groups[0]?.rows ?? [];
    expect(row?.cells.at(-1)?.calls).toBe(1 + 2 + 3 + 4);
    expect(row?.cells.reduce((sum, cell) => sum + (cell?.calls ?? 0), 0)).toBe(row?.all.calls);
  });
});
