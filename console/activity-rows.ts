/** Agents and tools as a table: the busiest agents as columns, tools as rows, those that execute first. */

import type { Category } from "../src/admin/api.ts";
import type { Counts, AgentToolActivity } from "../src/telemetry/recent/activity.ts";

export interface Matrix {
  readonly agents: readonly string[];
  /** How many agents share the last column; 0 when there is none. */
  readonly others: number;
  readonly groups: readonly Group[];
}

export interface Group {
  readonly category: Category;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly tool: string;
  readonly all: Counts;
  /** One for each agent, then one for the other agents when there are any; undefined without calls. */
  readonly cells: readonly (Counts | undefined)[];
}

/** The riskiest category first. */
const ORDER: readonly Category[] = ["execute", "destructive", "financial", "write", "read", "unknown"];
/** Agents with a column at first. */
export const MAX_COLUMNS = 6;

/** `columns` is the most agents with a column of their own. */
export function matrixOf(pairs: readonly AgentToolActivity[], columns = MAX_COLUMNS): Matrix {
  const ranked = rank(pairs, ({ agent }) => agent);
  const agents = ranked.slice(0, columns);
  const shown = new Set(agents);
  const others = ranked.length - agents.length;
  const groups = ORDER.flatMap((category) => {
    const own = pairs.filter((pair) => pair.category === category);
    const rows = rank(own, ({ tool }) => tool).map((tool) => {
      const calls = own.filter((pair) => pair.tool === tool);
      const cells = agents.map((agent) => sum(calls.filter((pair) => pair.agent === agent)));
      const rest = others === 0 ? [] : [sum(calls.filter(({ agent }) => !shown.has(agent)))];
      return { tool, all: sum(calls) ?? NO_CALLS, cells: [...cells, ...rest] };
    });
    return rows.length === 0 ? [] : [{ category, rows }];
  });
  return { agents, others, groups };
}

const NO_CALLS: Counts = { calls: 0, denied: 0, wouldDeny: 0, failed: 0 };

/** Names sorted by their number of calls, descending. */
function rank(pairs: readonly AgentToolActivity[], nameOf: (pair: AgentToolActivity) => string): string[] {
  const calls = new Map<string, number>();
  for (const pair of pairs) calls.set(nameOf(pair), (calls.get(nameOf(pair)) ?? 0) + pair.calls);
  return [...calls].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name]) => name);
}

/** Undefined for an empty list. */
export function sum(counts: readonly Counts[]): Counts | undefined {
  if (counts.length === 0) return undefined;
  return counts.reduce<Counts>(
    (one, other) => ({
      calls: one.calls + other.calls,
      denied: one.denied + other.denied,
      wouldDeny: one.wouldDeny + other.wouldDeny,
      failed: one.failed + other.failed,
    }),
    NO_CALLS,
  );
}
