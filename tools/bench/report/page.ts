/** Fills the benchmark's tables in docs/performance.md from tools/bench/results/latest.json. */

import type { MeasuredRow } from "../rows/measure.ts";
import type { Report } from "./report.ts";

/** The figure that has a table of its own on the page. */
const MORE_CORES = /^two processes/;

/** Returns the page with current tables. @throws when a marker is missing */
export function fillBenchPage(page: string, report: Report): string {
  const [cores, others] = [true, false].map((isCores) =>
    report.rows.filter(({ figure }) => MORE_CORES.test(figure) === isCores),
  );
  const filled = fillBetweenMarkers(page, "bench", `${describeRun(report)}\n\n${tableOf(others ?? [])}`);
  return fillBetweenMarkers(filled, "bench-cores", tableOf(cores ?? []));
}

/** Replaces the text between two markers. @throws when one is missing */
export function fillBetweenMarkers(page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->\n`, `<!-- ${name}:end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md: the markers of ${name} are missing`);
  return `${page.slice(0, from + begin.length)}${content}\n${page.slice(to)}`;
}

function describeRun({ date, machine, versions, nodeFlags, cores, effort }: Report): string {
  const memoryGiB = Math.round(machine.memoryMb / 1024);
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Measured on ${date.slice(0, 10)}: ${machine.cores} cores (${machine.cpu}), ${memoryGiB} GiB of memory; ${cores}; Node with \`${nodeFlags.join(" ")}\`; ${effort.rounds} rounds of ${effort.seconds} s in turns, medians. Versions: ${peers.join(", ")}.`;
}

function tableOf(rows: readonly MeasuredRow[]): string {
  const lines = rows.map(
    ({ figure, target, value, verdict }) => `| ${figure} | ${target} | ${value} | ${verdict} |`,
  );
  const notes = [...new Set(rows.map(({ note }) => note))].filter((note) => note !== undefined);
  const table = ["| figure | target | measured | |", "| --- | --- | --- | --- |", ...lines].join("\n");
  return notes.length === 0 ? table : `${table}\n\n${notes.map((note) => `- ${note}`).join("\n")}`;
}
