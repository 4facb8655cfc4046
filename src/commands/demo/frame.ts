/** The frame that the running demo shows on a terminal: addresses, the table of calls, and how to end it. */

import type { TerminalSize } from "./terminal.ts";
import { type CallRow, type Paint, renderRows } from "./table.ts";

export interface FrameContent {
  /** The MCP endpoint of the sidecar. */
  readonly mcp: string;
  /** The admin listener, without a slash at the end. */
  readonly admin: string;
  readonly rows: readonly CallRow[];
  /** Why the demo waits, in a sentence; absent when it waits for nothing. */
  readonly notice?: string;
}

export const TITLE = "Tollgate demo: three agents call a server through Tollgate";
export const HOW_TO_END = "Ctrl-C ends the demo and sums it up.";

/** Lines around the table: title, addresses, and the last line. */
const FIXED_LINES = 5;
/** Blank lines above and below the table, where there is room for them. */
const BLANK_LINES = 2;

/** Fits any size: cuts what is too wide, leaves out blank lines, then rows of the table, and says how many. */
export function drawFrame(content: FrameContent, { columns, rows }: TerminalSize, paint: Paint): string[] {
  const { mcp, admin, notice } = content;
  const table = renderRows(content.rows, paint, columns);
  const hasBlanks = rows >= FIXED_LINES + BLANK_LINES + table.length;
  const room = Math.max(1, rows - FIXED_LINES - (hasBlanks ? BLANK_LINES : 0));
  const blank = hasBlanks ? [""] : [];
  const lines = [
    paint("bold", clip(TITLE, columns)),
    clip(`console      ${admin}/`, columns),
    clip(`metrics      ${admin}/metrics`, columns),
    clip(`agents call  ${mcp}`, columns),
    ...blank,
    ...cutTable(table, room, columns, paint),
    ...blank,
    notice === undefined ? paint("dim", clip(HOW_TO_END, columns)) : paint("yellow", clip(notice, columns)),
  ];
  return lines.slice(0, rows);
}

function cutTable(table: readonly string[], room: number, columns: number, paint: Paint): readonly string[] {
  if (table.length <= room) return table;
  const shown = table.slice(0, Math.max(1, room - 1));
  const text = `... ${table.length - shown.length} more lines: the console has them all`;
  return [...shown, paint("dim", clip(text, columns))];
}

/** The text, cut to a width; the last character of a cut text is an ellipsis. */
function clip(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}
