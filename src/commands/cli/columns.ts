/** Text tables with aligned columns. */

/** Lines whose columns are as wide as their widest cell; the first row sets the number of columns. */
export function columns(
  rows: readonly (readonly string[])[],
  alignedRight: ReadonlySet<number> = NONE,
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, (row[column] ?? "").length), 0),
  );
  const pad = (cell: string, column: number): string =>
    alignedRight.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join("  "));
}

const NONE: ReadonlySet<number> = new Set();
