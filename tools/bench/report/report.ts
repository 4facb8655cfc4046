/** The content of tools/bench/results/latest.json: the rows, and the facts needed to judge them. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { MeasuredRow } from "../rows/measure.ts";
import { type Effort, NODE_FLAGS, type Testbed } from "../testbed.ts";
import { describeMachine, describeVersions, type Machine } from "./machine.ts";
import { fillBenchPage } from "./page.ts";

const FOLDER = new URL("../results/", import.meta.url);
const PAGE = new URL("../../../docs/performance.md", import.meta.url);

export interface Report {
  /** Start time. */
  readonly date: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** Flags of Tollgate, of the proxies on Node and of the peers. */
  readonly nodeFlags: readonly string[];
  readonly cores: string;
  readonly effort: Effort;
  readonly rows: readonly MeasuredRow[];
}

/** Describes the machine before anything is measured. */
export function beginReport({ cores, effort }: Testbed): Report {
  const [date, machine, versions] = [new Date().toISOString(), describeMachine(), describeVersions()];
  return { date, machine, versions, nodeFlags: NODE_FLAGS, cores, effort, rows: [] };
}

/** Writes the results and the page that shows them. */
export function writeReport(report: Report): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL("latest.json", FOLDER), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(PAGE, fillBenchPage(readFileSync(PAGE, "utf8"), report));
}
