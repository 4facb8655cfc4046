/** The demo's table of calls by agent, tool and verdict, from the sidecar's metrics. */

import { type InspectColor, styleText } from "node:util";
import { type Sample, sumBy } from "./samples.ts";

const VERDICTS = ["allowed", "failed", "limited", "denied", "hidden"] as const;
/** `failed`: allowed by the policy, answered with an error. The last three never reach the server. */
type Verdict = (typeof VERDICTS)[number];

export interface CallRow {
  readonly agent: string;
  readonly tool: string;
  readonly counts: Readonly<Record<Verdict, number>>;
}

/** Colours text; leaves it plain when the stream is no terminal or `NO_COLOR` is set. */
export type Paint = (colour: InspectColor, text: string) => string;

/** The colouring for a stream. */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (colour, text) => styleText(colour, text, { stream });
}

/** One row per agent and tool with a call. */
export function readRows(samples: readonly Sample[]): readonly CallRow[] {
  const counts = new Map<string, Record<Verdict, number>>();
  const add = (agent: string, tool: string, verdict: Verdict, total: number) => {
    const key = `${agent}\0${tool}`;
    const row = counts.get(key) ?? { allowed: 0, failed: 0, limited: 0, denied: 0, hidden: 0 };
    row[verdict] += total;
    counts.set(key, row);
  };
  for (const { key, total } of sumBy(samples, CALLS)) {
    const [agent = "", tool = "", outcome = ""] = key;
    if (outcome !== "denied") add(agent, tool, outcome === "success" ? "allowed" : "failed", total);
  }
  for (const { key, total } of sumBy(samples, DENIALS)) {
    const [agent = "", tool = "", reason = ""] = key;
    add(agent, tool, verdictOfReason(reason), total);
  }
  return [...counts].toSorted(([a], [b]) => a.localeCompare(b, "en")).map(([key, row]) => toRow(key, row));
}

/**
 * The table with its heading, in the roomiest layout that fits the columns. An agent's name is shown on its first row only, or, where that is too wide,
 * on a line of its own; names of tools are cut where this is too wide as well.
 */
export function renderRows(rows: readonly CallRow[], paint: Paint, columns = Infinity): readonly string[] {
  const tables = [beside(rows, VERDICTS, "  "), beside(rows, SHORT_VERDICTS, " ")];
  const { cells, widths, gap } = tables.find((table) => widthOf(table) <= columns) ?? below(rows, columns);
  const texts = cells.map((row) => align(row, widths, widths.length - VERDICTS.length));
  return texts.map((row, index) => {
    const line = row.join(gap);
    if (line.length > columns) return line.slice(0, columns);
    if (index === 0) return paint("bold", line);
    return row.map(colourCell(paint, widths.length)).join(gap);
  });
}

/** Cells of a table, their columns' widths, and the text between two cells. */
interface Layout {
  readonly cells: readonly (readonly string[])[];
  readonly widths: readonly number[];
  readonly gap: string;
}

const SHORT_VERDICTS = ["ok", "fail", "limit", "deny", "hide"] as const;

/** Agent and tool side by side. */
function beside(rows: readonly CallRow[], verdicts: readonly string[], gap: string): Layout {
  const cells = rows.map((row, index) => [
    rows[index - 1]?.agent === row.agent ? "" : row.agent,
    row.tool,
    ...numbersOf(row),
  ]);
  return layout([["agent", "tool", ...verdicts], ...cells], gap);
}

/** The tools of an agent below its name, cut to what the columns leave. */
function below(rows: readonly CallRow[], columns: number): Layout {
  const none = VERDICTS.map(() => "");
  const cells = rows.flatMap((row, index) => [
    ...(rows[index - 1]?.agent === row.agent ? [] : [[row.agent, ...none]]),
    [`  ${row.tool}`, ...numbersOf(row)],
  ]);
  const whole = layout([["agent, tool", ...SHORT_VERDICTS], ...cells], " ");
  const excess = Math.max(0, widthOf(whole) - columns);
  const room = Math.max(MIN_NAME_WIDTH, (whole.widths[0] ?? 0) - excess);
  return layout(
    whole.cells.map(([name = "", ...numbers]) => [
      name.length > room ? `${name.slice(0, room - 1)}…` : name,
      ...numbers,
    ]),
    whole.gap,
  );
}

const MIN_NAME_WIDTH = 12;

function numbersOf({ counts }: CallRow): readonly string[] {
  return VERDICTS.map((verdict) => String(counts[verdict] || "·"));
}

function layout(cells: readonly (readonly string[])[], gap: string): Layout {
  return { cells, widths: widthsOf(cells), gap };
}

function widthOf({ widths, gap }: Layout): number {
  return widths.reduce((total, width) => total + width, gap.length * (widths.length - 1));
}

/** A table whose last column is a number. */
export function renderGroups(
  heading: readonly string[],
  groups: readonly (readonly string[])[],
): readonly string[] {
  const widths = widthsOf([heading, ...groups]);
  return [heading, ...groups].map((row) => align(row, widths, heading.length - 1).join("  "));
}

const CALLS = { metric: "tollgate_tool_calls_total", where: {}, by: ["agent", "tool", "outcome"] };
const DENIALS = {
  metric: "tollgate_tool_denials_total",
  where: { mode: "enforce" },
  by: ["agent", "tool", "reason"],
};

const COLOURS: Readonly<Record<Verdict, InspectColor>> = {
  allowed: "green",
  failed: "magenta",
  limited: "yellow",
  denied: "red",
  hidden: "cyan",
};

function verdictOfReason(reason: string): Verdict {
  if (reason === "rate_limited" || reason === "budget_exceeded") return "limited";
  return reason === "hidden" ? "hidden" : "denied";
}

function toRow(key: string, counts: Readonly<Record<Verdict, number>>): CallRow {
  const [agent = "", tool = ""] = key.split("\0");
  return { agent, tool, counts };
}

function widthsOf(rows: readonly (readonly string[])[]): readonly number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
}

/** Pads cells: the first `textColumns` to the left, the others, which are numbers, to the right. */
function align(row: readonly string[], widths: readonly number[], textColumns: number): readonly string[] {
  return row.map((cell, column) => {
    const width = widths[column] ?? 0;
    return column < textColumns ? cell.padEnd(width) : cell.padStart(width);
  });
}

/** Colours the numbers, which are the last of a row's cells. */
function colourCell(paint: Paint, cellsInRow: number): (cell: string, column: number) => string {
  return (cell, column) => {
    const verdict = VERDICTS[column - (cellsInRow - VERDICTS.length)];
    if (verdict === undefined || cell.trim() === "") return cell;
    return cell.endsWith("·") ? paint("dim", cell) : paint(COLOURS[verdict], cell);
  };
}
