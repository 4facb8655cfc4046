/** The cells of the table: each client with each server on each route that both speak. */

import { CLIENTS, type ZooClient } from "./clients.ts";
import { failsDirectly, reasonFor } from "./differences.ts";
import type { KeptComparisons } from "./kept.ts";
import { type Route, ROUTES, type Transport } from "./routes.ts";
import { type DirectWay, type Line, runDirectly, runThrough } from "./runs.ts";
import { SERVERS, type ZooServer } from "./servers.ts";
import { partMade } from "./toolchains.ts";
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

type Outcome = Pick<Comparison, "differences" | "steps" | "failure">;

/** Transcripts without Tollgate, which several cells are compared with. */
type DirectRuns = Map<string, Promise<readonly Line[]>>;

/** Cells that are compared side by side. Most of a run is the start of programs. */
const AT_ONCE = 3;
/**
 * Further runs of a cell that fails or differs without a reason: libraries handle messages that come together in an order of their own, and
 * some give up on a server that a busy machine starts slowly.
 */
const RERUNS = 2;
/** Routes of the quick form for every client. */
const QUICK_ROUTES = new Set(["pass-through", "wrap", "bridge"]);

export function cellsOf(wanted: Wanted): readonly Cell[] {
  return CLIENTS.flatMap((client) =>
    SERVERS.flatMap((server) => ROUTES.map((route) => ({ client, server, route }))),
  ).filter(
    ({ client, server, route }) =>
      isPossible({ client, server, route }) &&
      failsDirectly({ client, server, route }) === undefined &&
      (!wanted.isQuick || isQuick({ client, server, route })) &&
      matches(client.name, wanted.client) &&
      matches(server.name, wanted.server) &&
      matches(route.name, wanted.route),
  );
}

function isQuick({ client, server, route }: Cell): boolean {
  const isQuickRoute =
    QUICK_ROUTES.has(route.name) || (route.name === "http to sse" && client.isQuickOverSse);
  return client.quickWith.includes(server.name) && isQuickRoute === true;
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

/** The transport of the run to compare with. */
function directTransport({ client, server, route }: Cell): Transport | undefined {
  return route.comparedWith.find(
    (transport) => client.speaks.includes(transport) && (transport !== "sse" || server.sse !== undefined),
  );
}

/** Compares all cells, some at a time, and reports each when it is done. */
export async function compareCells(
  cells: readonly Cell[],
  report: (comparison: Comparison) => void,
  kept: KeptComparisons,
): Promise<readonly Comparison[]> {
  const directRuns: DirectRuns = new Map();
  // All parts are made at once, beside the cells that need none. A cell reports the failure of its own.
  for (const cell of cells) void made(cell).catch(() => undefined);
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

async function made({ client, server }: Cell): Promise<void> {
  await Promise.all([client.part, server.part].filter((part) => part !== undefined).map(partMade));
}

async function compare(cell: Cell, directRuns: DirectRuns): Promise<Comparison> {
  const startedAt = performance.now();
  let outcome = await attempt(cell, directRuns);
  let reruns = 0;
  for (; reruns < RERUNS && isFaulty(outcome); reruns += 1) {
    // The direct run may be the odd one.
    directRuns.delete(directKey(cell));
    outcome = await attempt(cell, directRuns);
  }
  return { cell, ...outcome, reruns, ms: performance.now() - startedAt };
}

async function attempt(cell: Cell, directRuns: DirectRuns): Promise<Outcome> {
  try {
    await made(cell);
    return await compareOnce(cell, directRuns);
  } catch (error) {
    return { differences: [], steps: 0, failure: error instanceof Error ? error.message : String(error) };
  }
}

function isFaulty({ differences, failure }: Outcome): boolean {
  return failure !== undefined || differences.some(({ reason }) => reason === undefined);
}

async function compareOnce(cell: Cell, directRuns: DirectRuns): Promise<Outcome> {
  const direct = await directRun(cell, directRuns);
  const through = await runThrough(cell.client, cell.server, cell.route);
  const differences = differencesOf(direct, through).map((difference) => explained(cell, difference));
  const steps = direct.filter((line, index) => !isAbsent(line) && !isAbsent(through[index])).length;
  return { differences, steps };
}

function isAbsent(line: Line | undefined): boolean {
  return line?.absent === true;
}

function directRun(cell: Cell, runs: DirectRuns): Promise<readonly Line[]> {
  const run = runs.get(directKey(cell)) ?? runDirectly(cell.client, cell.server, directWay(cell));
  runs.set(directKey(cell), run);
  return run;
}

function directKey(cell: Cell): string {
  const { transport, isLegacy } = directWay(cell);
  return [cell.client.name, transport, isLegacy, cell.server.name].join(" ");
}

function directWay(cell: Cell): DirectWay {
  const transport = directTransport(cell) ?? cell.route.upstream;
  // HTTP+SSE ended with revision 2024-11-05; some libraries speak newer revisions over it all the same.
  return { transport, isLegacy: [cell.route.upstream, cell.route.downstream].includes("sse") };
}

function explained(cell: Cell, difference: Difference): Explained {
  const reason = reasonFor(cell, difference);
  return reason === undefined ? difference : { ...difference, reason };
}
