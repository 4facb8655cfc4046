/** Times the queries of the boards as Grafana sends them when a board is opened. */

import { BOARDS, type Board, listQueries, variableQuery } from "../../test/fixtures/boards.ts";
import { type QueryContext, requestOf, valuesUrl } from "../../test/fixtures/grafana.ts";

/** No query of a board may take longer. */
export const BAR_MS = 1_000;
/** A graph across half a wide screen has as many points. */
const POINTS = 800;

export interface TimedQuery {
  /** Board, panel and letter. */
  readonly where: string;
  readonly board: string;
  readonly ask: () => Promise<Response>;
}

/** Every query of panels, annotations and variables. */
export function timedQueries(asking: QueryContext): readonly TimedQuery[] {
  return BOARDS.flatMap((board) => [
    ...ofPanels(board, { points: POINTS, ...asking }),
    ...ofVariables(board, asking),
  ]);
}

function ofPanels(board: Board, asking: QueryContext): readonly TimedQuery[] {
  return listQueries(board).map((query) => {
    const { url, body } = requestOf(board, query, asking);
    return { where: query.where, board: board.name, ask: () => fetch(url, { method: "POST", body }) };
  });
}

function ofVariables(board: Board, asking: QueryContext): readonly TimedQuery[] {
  return board.templating.list.flatMap((variable) => {
    const text = variableQuery(variable);
    if (text === "") return [];
    const url = valuesUrl(board, text, asking);
    return [{ where: `${board.name}: variable ${variable.name}`, board: board.name, ask: () => fetch(url) }];
  });
}

export interface Patience {
  readonly tries: number;
  /** The processor time that Prometheus has used. */
  readonly processorMs: () => number;
}

/**
 * The least time of a query in milliseconds, to the last byte of its answer. Where Prometheus used less processor time, it is
 * that: the time that the query takes on a machine that does nothing else, and has one processor. A query is asked again while it takes
 * longer than the bar. See docs/decisions/0170-queries-by-processor-time.md. @throws when Prometheus rejects it
 */
export async function leastTimeMs(
  { where, ask }: TimedQuery,
  { tries, processorMs }: Patience,
): Promise<number> {
  let least = Infinity;
  for (let attempt = 0; attempt < tries && least > BAR_MS; attempt += 1) {
    const [startMs, usedMs] = [performance.now(), processorMs()];
    const response = await ask();
    const text = await response.text();
    if (!response.ok) throw new Error(`${where}: ${text.slice(0, 500)}`);
    least = Math.min(least, performance.now() - startMs, processorMs() - usedMs);
  }
  return least;
}
