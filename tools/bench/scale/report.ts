/** Fills docs/performance.md between its markers, and draws its pictures, from the results. */

import { readFileSync, writeFileSync } from "node:fs";
import { fillBetweenMarkers } from "../report/page.ts";
import type { Column, Curve, Machine, Point, Results } from "./curve.ts";
import { CURVES } from "./curves.ts";
import { drawCurve } from "./draw.ts";

const PAGE = new URL("../../../docs/performance.md", import.meta.url);

/** Writes the page and its pictures. */
export function writePage(results: Results): void {
  writeFileSync(PAGE, fillPage(readFileSync(PAGE, "utf8"), results));
  for (const [file, svg] of picturesOf(results)) writeFileSync(new URL(file, PAGE), svg);
}

/** Pictures by their path relative to the page. */
export function picturesOf(results: Results): ReadonlyMap<string, string> {
  return new Map(CURVES.map((curve) => [pictureOf(curve), drawCurve(curve, pointsOf(curve, results))]));
}

/** Returns the page with current text between its markers. @throws when a marker is missing */
export function fillPage(page: string, results: Results): string {
  const sections = CURVES.map((curve): [string, string] => [curve.name, sectionOf(curve, results)]);
  return [...sections, ["machine", describeMeasurement(results)] as const].reduce(
    (text, [name, content]) => fillBetweenMarkers(text, `scale:${name}`, content),
    page,
  );
}

function sectionOf(curve: Curve, results: Results): string {
  const titles = curve.panels.map(({ title }) => title.toLowerCase()).join(", ");
  const picture = `![${titles} against ${curve.axis}](${pictureOf(curve)})`;
  return `${picture}\n\n${tableOf(curve, pointsOf(curve, results))}`;
}

function pictureOf({ name }: Curve): string {
  return `performance/${name}.svg`;
}

function pointsOf({ name }: Curve, { curves }: Results): readonly Point[] {
  const points = curves[name];
  if (points === undefined)
    throw new Error(`tools/bench/results/scale.json: has no curve ${name}; measure all`);
  return points;
}

/** Renders a table as Markdown. */
export function tableOf({ axis, columns }: Curve, points: readonly Point[]): string {
  const rows = points.map(({ at, figures }) => [
    grouped(at),
    ...columns.map((column) => shown(figures[column.key] ?? null, column)),
  ]);
  const lines = [[axis, ...columns.map(({ label }) => label)], columns.map(() => "---:"), ...rows];
  lines[1]?.unshift("---:");
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function shown(value: number | null, { unit }: Column): string {
  if (value === null) return "-";
  return unit === "" ? grouped(value) : `${grouped(value)} ${unit === "us" ? "µs" : unit}`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 21 });
}

function describeMeasurement({ machine, measuredOn }: Results): string {
  return `Measured on ${measuredOn}: ${describeMachine(machine)}.`;
}

function describeMachine({ cores, cpu, memoryGiB, node }: Machine): string {
  return `${cores} ${cores === 1 ? "core" : "cores"} (${cpu}), ${memoryGiB} GiB of memory, Node ${node}`;
}
