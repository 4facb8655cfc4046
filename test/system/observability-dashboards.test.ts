import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BOARDS, listQueries, variableQuery } from "../fixtures/boards.ts";
import { countSeries, variableValues, type QueryContext } from "../fixtures/grafana.ts";
import { type ObservedDemo, SCRAPE_INTERVAL_MS, startObservedDemo } from "../fixtures/observed-demo.ts";
import { until } from "../fixtures/start-sidecar.ts";

/** Queries that have no data in the demo, and why; a query that has data must not be listed. */
const CANNOT_HAPPEN: Readonly<Record<string, string>> = {
  "agents: Labels by guess (A)": "the demo's policy assigns the category of the chosen tool",
  "fleet: Label sources (D)": "no guess in the demo is unsure",
  "fleet: Drifted policies (A)": "one sidecar cannot differ from itself",
  "annotation Policy rejected": "the demo's policy is never replaced by a bad one",
  "annotation Frozen": "no call is frozen in the demo",
  "annotation Upstream restarted": "the demo's server is not wrapped, so nothing starts it again",
};

/** Short, so that there is soon data from before the shown range. */
const SHOWN_S = 20;
const TOOL = "ExecuteQuery";
/** How long a query may go without an answer: the demo's rounds take three seconds. */
const PATIENCE_MS = 50_000;

let demo: ObservedDemo;
let asking: QueryContext;

// `or vector(0)` makes an empty result 0, which is no data: leave it out.
const QUERIES = BOARDS.flatMap((board) =>
  listQueries(board).map((query) => ({ ...query, expr: query.expr.replaceAll(" or vector(0)", ""), board })),
);
const PANELS = BOARDS.reduce((sum, { panels }) => sum + panels.length, 0);
const excepted = QUERIES.filter(({ where }) => excuseOf(where) !== undefined);
const answering = QUERIES.filter(({ where }) => excuseOf(where) === undefined);
const answered = new Set<(typeof QUERIES)[number]>();

beforeAll(async () => {
  demo = await startObservedDemo();
  asking = {
    prometheusUrl: demo.prometheusUrl,
    rangeS: SHOWN_S,
    scrapeIntervalS: SCRAPE_INTERVAL_MS / 1000,
    chosen: { tool: TOOL },
  };
  const deadline = performance.now() + PATIENCE_MS;
  await until(async () => {
    for (const query of answering.filter((query) => !answered.has(query))) {
      if ((await countSeries(query.board, query, asking)) > 0) answered.add(query);
    }
    return answered.size === answering.length || performance.now() > deadline;
  });
});

afterAll(async () => {
  await demo?.stop();
  for (const { where } of excepted) console.log(`excepted: ${where}: ${excuseOf(where)}`);
  const inPanels = QUERIES.filter(({ kind }) => kind === "panel").length;
  const marks = QUERIES.length - inPanels;
  console.log(
    `panels: ${PANELS}, queries: ${QUERIES.length} (${inPanels} of panels, ${marks} of annotations), non-empty: ${answered.size}, excepted: ${excepted.length}`,
  );
});

function excuseOf(where: string): string | undefined {
  return Object.entries(CANNOT_HAPPEN).find(([what]) => where.endsWith(what))?.[1];
}

describe("the boards, on the demo's traffic in a real Prometheus", () => {
  it.for(answering)("$where answers", (query) => {
    expect(answered).toContain(query);
  });

  it.for(excepted)("$where has no data in the demo", async ({ board, ...query }) => {
    expect(await countSeries(board, query, asking), "it answers: take it off the list").toBe(0);
  });

  it.for(BOARDS)("$name finds values for every variable with a query", async (board) => {
    for (const variable of board.templating.list) {
      const text = variableQuery(variable);
      if (text === "") continue;
      const values = await variableValues(board, text, asking);
      // The demo's Prometheus scrapes one cluster, which has no name.
      if (variable.name === "cluster") expect(values).toEqual([]);
      else expect(values, variable.name).not.toEqual([]);
    }
  });

  it.for(BOARDS)("$name keeps to the namespace that was chosen", async (board) => {
    const elsewhere = { ...asking, chosen: { ...asking.chosen, namespace: "elsewhere" } };
    for (const query of QUERIES.filter((query) => query.board === board)) {
      expect(await countSeries(board, query, elsewhere), query.where).toBe(0);
    }
  });
});
