/** The evidence bars of operations, and the table of what a run has measured of them. */

import type { Figure } from "./figure.ts";

export interface Row {
  readonly name: string;
  readonly bar: string;
  /** Combines several figures into that of the row. Absent: the row has one figure. */
  readonly combine?: (figures: readonly Figure[]) => Omit<Figure, "row">;
}

/** The number of faults in the suites (at least 30 are required). A fault test that hangs notes no figure, so the number shows it. */
const FAULTS = 53;

/** The rows that `npm run test:operations` must measure. */
export const OPERATIONS: readonly Row[] = [
  { name: "exactness, reloads in between", bar: "4 sidecars, one Redis: exactly 50 each round, 0 over" },
  { name: "exactness, windows", bar: "exactly 50 in each window of a load that never pauses" },
  { name: "store killed, deny", bar: "at most 50 admitted; well again in 2 s" },
  { name: "store killed, local", bar: "at most 50 admitted by each sidecar; well again in 2 s" },
  { name: "store killed, allow", bar: "every call that passed unchecked is counted" },
  { name: "memory and store agree", bar: "the same decision for every random call" },
  { name: "approvals, memory and store agree", bar: "the same answer to every random step" },
  { name: "shared approvals", bar: "exactly one of 200 racing calls passes for each approval" },
  { name: "shared approvals, store killed", bar: "at most one passes for each approval" },
  { name: "shared freezes", bar: "in force at all sidecars within 2 s" },
  { name: "limits of workers are exact", bar: "exactly 50 of 400 calls at 3 workers" },
  { name: "faults", bar: `all ${FAULTS} survived`, combine: countFaults },
  {
    name: "drain",
    bar: "200 calls/s, 50 streams: 0 failed calls, all streams ended cleanly, exit 0 in time",
  },
  {
    name: "replicas replaced",
    bar: "3 replaced at 200 calls/s, 50 streams: 0 failed calls, 0 streams cut, exit 0",
  },
  {
    name: "reload, limits in memory",
    bar: "1,000: 0 failed calls, one policy for each call, no counter reset",
  },
  { name: "reload, limits in a store", bar: "the same" },
];

/** The rows that `npm run test:soak` must measure. */
export const SOAK: readonly Row[] = [
  { name: "soak, calls", bar: "every call is answered as the policy says" },
  { name: "soak, memory", bar: "at most 1 % per 10 minutes after the warm-up" },
  { name: "soak, descriptors", bar: "at most 1 % per 10 minutes after the warm-up" },
];

function countFaults(figures: readonly Figure[]): Omit<Figure, "row"> {
  const survived = figures.filter(({ isMet }) => isMet).length;
  const lost = figures.filter(({ isMet }) => !isMet).map(({ figure }) => `, not: ${figure}`);
  const isMet = survived === figures.length && survived >= FAULTS;
  return { figure: `${survived} of ${figures.length} survived${lost.join("")}`, isMet };
}

export interface Table {
  readonly text: string;
  /** Whether every row was measured and its bar is met. */
  readonly isMet: boolean;
}

/** Draws the table. A row without a figure is missing, and not met. */
export function drawTable(rows: readonly Row[], figures: readonly Figure[]): Table {
  const measured = rows.map((row) => ({ row, result: resultOf(row, figures) }));
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = measured.map(({ row, result }) => {
    const verdict = result === undefined ? "MISSING" : result.isMet ? "met" : "MISSED";
    const figure = result?.figure ?? "was not measured";
    return `${verdict.padEnd(7)}  ${row.name.padEnd(width)}  ${figure} (bar: ${row.bar})`;
  });
  const met = measured.filter(({ result }) => result?.isMet === true).length;
  const text = [...lines, `${met} of ${rows.length} bars met`].join("\n");
  return { text, isMet: met === rows.length };
}

function resultOf({ name, combine }: Row, figures: readonly Figure[]): Omit<Figure, "row"> | undefined {
  const own = figures.filter(({ row }) => row === name);
  if (own.length === 0) return undefined;
  if (combine !== undefined) return combine(own);
  return { figure: own.map(({ figure }) => figure).join("; "), isMet: own.every(({ isMet }) => isMet) };
}
