/** The cells of the table: each client with each server on each route that both speak. */

import { CLIENTS, type ZooClient } from "./clients.ts";
import { failsDirectly, reasonFor } from "./differences.ts";
import type { KeptComparisons } from "./kept.ts";
import { type Route, ROUTES, type Transport } from "./routes.ts";
import { type Line, runDirectly, runThrough } from "./runs.ts";
import { SERVERS, type ZooServer } from "./servers.ts";
import { type Difference, differencesOf } from "./transcript.ts";

export interface Cell {
  readonly client: ZooClient;
  readonly server: ZooServer;
  readonly route: Route;
}

export interface Comparison {
  readonly cell: Cell;
  /** Steps that are compared: the client offers them both ways. */
  readonly steps: number;
  readonly differences: readonly Explained[];
  /** How often the cell was run again. */
  readonly reruns: number;
  /** Why there is no transcript. */
  readonly failure?: string;
  readonly ms: number;
}

export interface Explained extends Difference {
  /** Absent while no reason is known. */
  readonly reason?: string;
}

export interface Wanted {
  readonly isQuick: boolean;
  readonly client?: string | undefined;
  readonly server?: string | undefined;
  readonly route?: string | undefined;
}

/** Transcripts without Tollgate, which several cells are compared with. */
type DirectRuns = Map<string, Promise<readonly Line[]>>;

/** Cells that are compared side by side. Most of a run is the start of programs. */
const AT_ONCE = 3;
/** Further runs of a cell that differs without a reason: libraries handle messages that come together in an order of their own. */
const RERUNS = 2;
/** Routes of the quick form. */
const QUICK_ROUTES = new Set(["pass-through", "wrap", "bridge"]);

export function cellsOf(wanted: Wanted): readonly Cell[] {
  return CLIENTS.flatMap((client) =>
    SERVERS.flatMap((server) => ROUTES.map((route) => ({ client, server, route }))),
  ).filter(
    ({ client, server, route }) =>
      isPossible({ client, server, route }) &&
      failsDirectly({ client, server, route }) === undefined &&
      (!wanted.isQuick || (client.quickWith.includes(server.name) && QUICK_ROUTES.has(route.name))) &&
      matches(client.name, wanted.client) &&
      matches(server.name, wanted.server) &&
      matches(route.name, wanted.route),
  );
}

function matches(name: string, pattern: string | undefined): boolean {
  return pattern === undefined || name.toLowerCase().includes(pattern.toLowerCase());
}

/** Whether the client can reach this server on this route, and also without Tollgate. */
export function isPossible({ client, server, route }: Cell): boolean {
  if (!client.speaks.includes(route.downstream)) return false;
  if (route.upstream === "sse" && server.sse === undefined) return false;
  return directTransport({ client, server, route }) !== undefined;
}

/** The transport of the run to compare with: the server's own, or else one that the client and the server both speak. */
function directTransport({ client, server, route }: Cell): Transport | undefined {
  return [route.upstream, route.downstream].find(
    (transport) => client.speaks.includes(transport) && (transport !== "sse" || server.sse !== undefined),
  );
}

/** Compares all cells, two at a time, and reports each when it is done. */
export async function compareCells(
  cells: readonly Cell[],
  report: (comparison: Comparison) => void,
  kept: KeptComparisons,
): Promise<readonly Comparison[]> {
  const directRuns: DirectRuns = new Map();
  const done: Comparison[] = [];
  const left = cells.entries();
  const work = async () => {
    for (const [index, cell] of left) {
      const comparison = kept.find(cell) ?? (await compare(cell, directRuns));
      kept.add(comparison);
      done[index] = comparison;
      report(comparison);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done;
}

async function compare(cell: Cell, directRuns: DirectRuns): Promise<Comparison> {
  const startedAt = performance.now();
  const took = () => performance.now() - startedAt;
  try {
    let outcome = await compareOnce(cell, directRuns);
    while (outcome.reruns < RERUNS && outcome.differences.some(({ reason }) => reason === undefined)) {
      // The direct run may be the odd one.
      directRuns.delete(directKey(cell));
      outcome = { ...(await compareOnce(cell, directRuns)), reruns: outcome.reruns + 1 };
    }
    return { cell, ...outcome, ms: took() };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { cell, differences: [], steps: 0, reruns: 0, failure, ms: took() };
  }
}

async function compareOnce(cell: Cell, directRuns: DirectRuns): Promise<Omit<Comparison, "cell" | "ms">> {
  const direct = await directRun(cell, directRuns);
  const through = await runThrough(cell.client, cell.server, cell.route);
  const differences = differencesOf(direct, through).map((difference) => explained(cell, difference));
  const steps = direct.filter((line, index) => !isAbsent(line) && !isAbsent(through[index])).length;
  return { differences, steps, reruns: 0 };
}

function isAbsent(line: Line | undefined): boolean {
  return line?.absent === true;
}

function directRun(cell: Cell, runs: DirectRuns): Promise<readonly Line[]> {
  const run = runs.get(directKey(cell)) ?? runDirectly(cell.client, cell.server, baselineOf(cell));
  runs.set(directKey(cell), run);
  return run;
}

function directKey(cell: Cell): string {
  return `${cell.client.name} ${baselineOf(cell)} ${cell.server.name}`;
}

function baselineOf(cell: Cell): Transport {
  return directTransport(cell) ?? cell.route.upstream;
}

function explained(cell: Cell, difference: Difference): Explained {
  const reason = reasonFor(cell, difference);
  return reason === undefined ? difference : { ...difference, reason };
}
