import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BOARDS, queriesOf, textOfVariable } from "../fixtures/boards.ts";
import { ask, askVariable, type Asking } from "../fixtures/grafana.ts";
import { type ObservedDemo, SCRAPE_INTERVAL_MS, startObservedDemo } from "../fixtures/observed-demo.ts";
import { until } from "../fixtures/start-sidecar.ts";

/** Queries that the demo cannot answer, and why; a query that answers after all has no place here. */
const CANNOT_HAPPEN: Readonly<Record<string, string>> = {
  "All of these should be 0 (C)": "no tool of the demo changes its definition",
  "annotation Policy rejected": "the demo's policy is never replaced by a bad one",
  "annotation Frozen": "nobody freezes calls in the demo",
  "annotation Upstream restarted": "the demo's server is not wrapped, so nothing starts it again",
};

/** Short, so that there is soon a time before the one that is shown. */
const SHOWN_S = 20;
const TOOL = "ExecuteQuery";

let demo: ObservedDemo;
let asking: Asking;

// What Grafana shows instead of nothing is no answer.
const QUERIES = BOARDS.flatMap((board) =>
  queriesOf(board).map((query) => ({ ...query, expr: query.expr.replaceAll(" or vector(0)", ""), board })),
);
const PANELS = BOARDS.reduce((sum, { panels }) => sum + panels.length, 0);
const answered: string[] = [];
const excused: string[] = [];

beforeAll(async () => {
  demo = await startObservedDemo();
  asking = {
    prometheusUrl: demo.prometheusUrl,
    rangeS: SHOWN_S,
    scrapeIntervalS: SCRAPE_INTERVAL_MS / 1000,
    chosen: {},
  };
});

afterAll(async () => {
  await demo?.stop();
  for (const line of excused) console.log(`excepted: ${line}`);
  const inPanels = QUERIES.filter(({ kind }) => kind === "panel").length;
  const marks = QUERIES.length - inPanels;
  console.log(
    `panels: ${PANELS}, queries: ${QUERIES.length} (${inPanels} of panels, ${marks} of annotations), non-empty: ${answered.length}, excepted: ${excused.length}`,
  );
});

function excuseOf(where: string): string | undefined {
  return Object.entries(CANNOT_HAPPEN).find(([what]) => where.endsWith(what))?.[1];
}

describe("the boards, on the demo's traffic in a real Prometheus", () => {
  it.for(QUERIES)("$where answers", async ({ board, ...query }) => {
    const chosen = board.name === "tool" ? { tool: TOOL } : {};
    const excuse = excuseOf(query.where);
    if (excuse === undefined) {
      await until(async () => (await ask(board, query, { ...asking, chosen })) > 0);
      answered.push(query.where);
      return;
    }
    expect(await ask(board, query, { ...asking, chosen }), "answers: take it off the list").toBe(0);
    excused.push(`${query.where}: ${excuse}`);
  });

  it.for(BOARDS)("$name finds values for every variable that asks", async (board) => {
    for (const variable of board.templating.list) {
      const text = textOfVariable(variable);
      if (text !== "") expect(await askVariable(board, text, asking), variable.name).not.toEqual([]);
    }
  });

  it.for(BOARDS)("$name keeps to the namespace that was chosen", async (board) => {
    const elsewhere = { ...asking, chosen: { namespace: "elsewhere", tool: TOOL } };
    for (const query of QUERIES.filter((query) => query.board === board)) {
      expect(await ask(board, query, elsewhere), query.where).toBe(0);
    }
  });
});
