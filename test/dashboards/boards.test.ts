import { describe, expect, it } from "vitest";
import { boardFiles, importFiles } from "../../dashboards/generate/boards.ts";
import { METRICS, type MetricRow } from "../../src/telemetry/metrics/metric-definitions.ts";
import { PROCESS_METRICS } from "../../src/telemetry/metrics/process-metrics.ts";
import {
  type Board,
  BOARDS,
  listQueries,
  type Panel,
  readBoardText,
  variableQuery,
} from "../fixtures/boards.ts";
import { parsePromql, windowsOf } from "../fixtures/promql.ts";

const ROWS = new Map<string, MetricRow>(Object.values(METRICS).map((row) => [row.name, row]));
/** Series that Prometheus itself writes for each target. */
const OF_THE_SCRAPER = ["scrape_duration_seconds", "scrape_samples_scraped"];
const FOREIGN = [...OF_THE_SCRAPER, ...PROCESS_METRICS.flatMap((name) => [name, `${name}_total`])];
const SCRAPER_LABELS = ["cluster", "namespace", "job", "instance"];
/** A fixed window instead of a variable: the usual value of one day. */
const BASELINE = "1d";
const PROMQL =
  `sum count max min avg group round topk rate increase max_over_time histogram_quantile label_replace
  vector or and unless offset`.split(/\s+/);

const QUERIES = BOARDS.flatMap((board) => listQueries(board).map((query) => ({ board, ...query })));
const PANELS = BOARDS.flatMap((board) =>
  board.panels.map((panel) => ({ where: `${board.name}: ${panel.title}`, board, panel })),
);

function rowOf(metric: string): MetricRow | undefined {
  const base = metric.replace(/_(?:bucket|sum|count)$/, "");
  return ROWS.get(metric) ?? (ROWS.get(base)?.type === "histogram" ? ROWS.get(base) : undefined);
}

function labelsOf(metric: string): readonly string[] {
  const le = metric.endsWith("_bucket") ? ["le"] : [];
  return [...(rowOf(metric)?.labels ?? []), ...SCRAPER_LABELS, ...le];
}

/** The variables that a text uses, as `$name`, `${name}` or `${name:format}`; Grafana's own begin with `__`. */
function variablesIn(text: string): readonly string[] {
  const found = [...text.matchAll(/\$(?:\{([a-z]\w*)[^}]*\}|([a-z]\w*))/g)];
  return found.map(([, braced, bare]) => braced ?? bare ?? "");
}

/** The texts in which Grafana replaces variables. */
function textsOf(board: Board): string {
  const { panels, annotations, templating } = board;
  return JSON.stringify([panels, annotations.list, templating.list.map(variableQuery)]);
}

describe("dashboards/*.json", () => {
  it("are what the generator writes", () => {
    const files = boardFiles();
    expect(BOARDS.map(({ name }) => `${name}.json`).toSorted()).toEqual([...files.keys()].toSorted());
    for (const [file, text] of files)
      expect(readBoardText(file), `${file}: run npm run dashboards`).toBe(text);
  });

  it.each([...importFiles()])("have a form for import by hand: %s", (file, text) => {
    expect(readBoardText(`../deploy/grafana-import/${file}`), "run npm run dashboards").toBe(text);
    const provisioned = JSON.parse(readBoardText(file)) as Board;
    const { __inputs, __elements, __requires, templating, ...rest } = JSON.parse(text);
    expect(__inputs).toMatchObject([{ name: "DS_PROMETHEUS", type: "datasource", pluginId: "prometheus" }]);
    expect(__elements).toEqual({});
    const panels = new Set(provisioned.panels.map(({ type }) => type));
    expect(__requires.filter(({ type }: Panel) => type === "panel")).toHaveLength(panels.size);
    const { templating: own, ...others } = provisioned;
    expect(rest).toEqual(others);
    expect(templating.list.slice(1)).toEqual(own.list.slice(1));
    expect(templating.list[0].current.value).toBe("${DS_PROMETHEUS}");
  });

  it("are six, with uids of their own", () => {
    expect(new Set(BOARDS.map(({ uid }) => uid)).size).toBe(6);
  });

  it.each(BOARDS)("$name can be loaded by Grafana 10 to 13", ({ schemaVersion }) => {
    expect(schemaVersion).toBeLessThanOrEqual(42);
  });

  it("shows the matrix of agents and tools first on the board of agents", () => {
    const agents = BOARDS.find(({ name }) => name === "agents");
    const [first, second] = agents?.panels ?? [];
    expect([first, second].map((panel) => panel?.transformations?.[0]?.id)).toEqual([
      "groupingToMatrix",
      "groupingToMatrix",
    ]);
    expect(first?.gridPos).toMatchObject({ x: 0, y: 0 });
    const category = agents?.templating.list.find(({ name }) => name === "category");
    expect(category?.current?.value).toEqual(["execute"]);
  });
});

describe("panels", () => {
  it.each(PANELS)("$where says what it shows, and in what unit", ({ panel }) => {
    expect(panel.title).not.toBe("");
    expect(panel.description).toMatch(/^[A-Z0-9].{20,}\.$/);
    expect(panel.fieldConfig.defaults.unit).toBeTypeOf("string");
  });

  it.each(PANELS)("$where queries the data source that the reader chose", ({ panel }) => {
    for (const { datasource } of [panel, ...panel.targets]) {
      expect(datasource).toEqual({ type: "prometheus", uid: "${datasource}" });
    }
  });

  it.each(PANELS)("$where names its series or columns", ({ panel }) => {
    if (panel.type !== "table")
      for (const { legendFormat } of panel.targets) expect(legendFormat).toMatch(/\S/);
    const renamed = JSON.stringify(panel.transformations ?? []);
    const values = panel.targets.map(({ refId }) => `Value #${refId}`);
    const isShown = (value: string): boolean => !renamed.includes(`"${value}":true`);
    if (renamed.includes("organize")) {
      for (const value of values.filter(isShown)) expect(renamed).toContain(`"${value}":"`);
    }
    if (panel.type === "table") expect(renamed).toMatch(/organize|groupingToMatrix/);
  });

  it.each(BOARDS)("of $name have ids of their own and do not overlap", ({ panels }) => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)}:${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBeLessThanOrEqual(24);
  });

  it.each(PANELS)("$where colours only series and columns that it has", ({ panel }) => {
    const names = [
      ...panel.targets.map(({ legendFormat }) => legendFormat ?? ""),
      ...Object.values(
        JSON.parse(JSON.stringify(panel.transformations ?? [])) as { options: { renameByName?: object } }[],
      ).flatMap(({ options }) => Object.values(options.renameByName ?? {}).map(String)),
    ];
    const isOpen =
      names.some((name) => name.includes("{{")) || panel.transformations?.[0]?.id === "groupingToMatrix";
    const coloured = panel.fieldConfig.overrides.filter(({ matcher }) => matcher.id === "byName");
    if (!isOpen) for (const { matcher } of coloured) expect(names).toContain(matcher.options);
  });
});

describe("queries", () => {
  it.each(QUERIES)("$where names only metrics and labels that exist", ({ expr }) => {
    const { selectors, grouping, words } = parsePromql(expr);
    expect(selectors).not.toEqual([]);
    for (const { metric, matchers } of selectors) {
      expect(rowOf(metric) !== undefined || FOREIGN.includes(metric), `${metric} is declared nowhere`).toBe(
        true,
      );
      expect(labelsOf(metric)).toEqual(expect.arrayContaining([...matchers.keys()]));
    }
    expect(selectors.flatMap(({ metric }) => labelsOf(metric))).toEqual(
      expect.arrayContaining([...grouping]),
    );
    expect(PROMQL).toEqual(expect.arrayContaining([...words]));
  });

  it.each(QUERIES)("$where holds to the namespaces and servers that the reader chose", ({ expr }) => {
    const { selectors } = parsePromql(expr);
    for (const { metric, matchers } of selectors) {
      expect(matchers.get("cluster"), metric).toBe('=~"$cluster"');
      expect(matchers.get("namespace"), metric).toBe('=~"$namespace"');
      if (rowOf(metric)?.labels.includes("server"))
        expect(matchers.get("server"), metric).toBe('=~"$server"');
    }
    expect(selectors.some(({ matchers }) => matchers.has("server"))).toBe(true);
  });

  it.each(QUERIES)("$where looks back as far as the reader's step or time", ({ expr, isInstant }) => {
    for (const { func, window } of windowsOf(expr)) {
      const allowed = isInstant ? ["$__rate_interval", "$__range", BASELINE] : ["$__rate_interval", BASELINE];
      expect(allowed, func).toContain(window);
      if (!isInstant && func === "increase") expect(window).toBe("$__rate_interval");
    }
  });

  it.each([
    ["a metric that nobody declares", "sum(tollgate_calls{})", { metric: "tollgate_calls" }],
    [
      "a metric of ours",
      'rate(tollgate_decisions_total{reason="none"}[5m])',
      { metric: "tollgate_decisions_total" },
    ],
  ])("are read: %s", (_what, expr, selector) => {
    expect(parsePromql(expr).selectors).toMatchObject([selector]);
  });

  it("are read to the last word: a metric without a selector, a label that is grouped by, a window", () => {
    const expr = "sum by (agent, no_label) (increase(up[5m])) + on (x) group_left (y) tollgate_frozen";
    expect(parsePromql(expr)).toEqual({
      selectors: [],
      grouping: ["agent", "no_label", "x", "y"],
      words: ["sum", "increase", "up", "tollgate_frozen"],
    });
    expect(windowsOf(expr)).toEqual([{ func: "increase", window: "5m" }]);
  });
});

describe("variables", () => {
  it.each(BOARDS)("of $name are all used, and all that is used is there", (board) => {
    const declared = board.templating.list.map(({ name }) => name);
    const used = new Set(variablesIn(textsOf(board)));
    expect([...used].toSorted()).toEqual(declared.toSorted());
  });

  it.each(BOARDS)("of $name that may be everything also match series without the label", ({ templating }) => {
    for (const { name, includeAll, allValue, datasource } of templating.list) {
      if (includeAll) expect(allValue, name).toBe(".*");
      if (datasource !== undefined) expect(datasource.uid, name).toBe("${datasource}");
    }
  });
});

describe("links", () => {
  const uids = BOARDS.map(({ uid }) => uid);

  it.each(BOARDS)("of $name lead to every other board and keep time and variables", ({ uid, links }) => {
    expect(links.map(({ url }) => url.replace("/d/", "")).toSorted()).toEqual(
      uids.filter((other) => other !== uid).toSorted(),
    );
    for (const link of links) expect(link).toMatchObject({ keepTime: true, includeVars: true });
  });

  const CELLS = PANELS.flatMap(({ where, panel }) =>
    [...JSON.stringify(panel.fieldConfig).matchAll(/"url":"((?:[^"\\]|\\.)*)"/g)].map(([, url]) => ({
      where,
      panel,
      url: JSON.parse(`"${url}"`) as string,
    })),
  );

  it("are found in cells", () => {
    expect(CELLS.length).toBeGreaterThan(10);
  });

  it.each(CELLS)(
    "in cells of $where lead to a board that has their variables, at the same time",
    ({ url, panel }) => {
      const board = BOARDS.find(({ uid }) => url.startsWith(`/d/${uid}?`));
      expect(board, url).toBeDefined();
      expect(url).toContain("${__url_time_range}");
      const set = [...url.matchAll(/[?&]var-(\w+)=/g)].map(([, name]) => name);
      const declared = board?.templating.list.map(({ name }) => name);
      expect(declared).toEqual(
        expect.arrayContaining([
          ...set,
          ...[...url.matchAll(/\$\{(\w+):queryparam\}/g)].map(([, name]) => name),
        ]),
      );
      const columns = JSON.stringify([panel.transformations, panel.fieldConfig.overrides]);
      for (const [, column = ""] of url.matchAll(/__data\.fields\["([^\]]*)"\]/g))
        expect(columns).toContain(JSON.stringify(column));
    },
  );
});
