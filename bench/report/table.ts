/** The rows as a table for a terminal. */

import type { Row } from "../rows/row.ts";

export function tableOf(rows: readonly Row[]): string {
  const cells = [["figure", "target", "measured", ""], ...rows.map(cellsOf)];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n${notesOf(rows)}`;
}

function notesOf(rows: readonly Row[]): string {
  const notes = rows.filter(({ verdict }) => verdict !== "not measured").map(({ note }) => note);
  return [...new Set(notes)].map((note) => (note === undefined ? "" : `- ${note}\n`)).join("");
}

function cellsOf({ figure, target, value, verdict, note }: Row): string[] {
  const because = verdict === "not measured" && note !== undefined ? `: ${note}` : "";
  return [figure, target, value, `${verdict}${because}`];
}
