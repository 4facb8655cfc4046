/** Prints the report for people: one table, then notes. */

import type { Row } from "../rows/row.ts";
import type { Report } from "./report.ts";

export function printReport({ machine, versions, nodeFlags, cores, effort, rows }: Report): void {
  const rounds = `${effort.rounds} rounds of ${effort.seconds} s in turns, medians`;
  const loads = machine.loadAtStart.map((load) => load.toFixed(1)).join(" ");
  process.stdout.write(
    `\n${machine.cores} cores of ${machine.cpu}, ${machine.memoryMb} MB, Linux ${machine.kernel}, load ${loads}
Node ${versions["node"]} ${nodeFlags.join(" ")}; ${cores}; ${rounds}\n\n${tableOf(rows)}${warningOf(machine.cores, rows)}\n`,
  );
}

/** The benchmark itself keeps every core busy; more load than that comes from other programs. */
function warningOf(cores: number, rows: Report["rows"]): string {
  const most = Math.max(...rows.map(({ loadBefore }) => loadBefore));
  return most > cores + 1
    ? `\nThe load was up to ${most.toFixed(1)} on ${cores} cores: others were busy too, and figures of a busy machine mean little.\n`
    : "";
}

function tableOf(rows: readonly Row[]): string {
  const cells = [["figure", "target", "measured", ""], ...rows.map(cellsOf)];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n${notesOf(rows)}`;
}

function cellsOf({ figure, target, value, verdict, note }: Row): string[] {
  const because = verdict === "not measured" && note !== undefined ? `: ${note}` : "";
  return [figure, target, value, `${verdict}${because}`];
}

function notesOf(rows: readonly Row[]): string {
  const notes = rows.filter(({ verdict }) => verdict !== "not measured").map(({ note }) => note);
  return [...new Set(notes)].map((note) => (note === undefined ? "" : `- ${note}\n`)).join("");
}
