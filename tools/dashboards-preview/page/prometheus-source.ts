/** A small Prometheus data source: ranges, instants, tables, label values, annotations. */

import {
  type AnnotationEvent,
  type AnnotationQueryRequest,
  createDataFrame,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  FieldType,
  type MetricFindValue,
  type ScopedVars,
  type TimeRange,
} from "@grafana/data";
import type { DataQuery } from "@grafana/schema";
import { RuntimeDataSource, type SceneObject, sceneGraph } from "@grafana/scenes";

interface PromQuery extends DataQuery {
  readonly expr: string;
  readonly instant?: boolean;
  readonly format?: string;
  readonly legendFormat?: string;
}

function isPromQuery(query: DataQuery): query is PromQuery {
  return "expr" in query;
}

type Point = readonly [seconds: number, value: string];

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Point;
  readonly values?: readonly Point[];
}

interface Mark {
  readonly expr: string;
  readonly iconColor: string;
  readonly titleFormat: string;
  readonly useValueForTime: boolean;
}

/** Seconds between two scrapes; the default of Grafana's data source. */
const SCRAPE_S = 15;

/** Time without a panel query before annotations are queried. */
const QUIET_MS = 300;

export class PrometheusSource extends RuntimeDataSource {
  #asking = 0;
  #askedAt = performance.now();

  constructor() {
    super("prometheus", "prometheus");
  }

  async query(request: DataQueryRequest): Promise<DataQueryResponse> {
    this.#asking += 1;
    try {
      return await this.#answer(request);
    } finally {
      this.#asking -= 1;
      this.#askedAt = performance.now();
    }
  }

  async #answer(request: DataQueryRequest): Promise<DataQueryResponse> {
    const { range, scopedVars } = request;
    const targets = request.targets.filter(isPromQuery);
    const stepS = Math.max(SCRAPE_S, Math.ceil(request.intervalMs / 1000));
    const isAlone = targets.length === 1;
    const frames = targets.map(async (target) => {
      const expr = interpolate(target.expr, scopedVars, range, stepS);
      if (target.instant !== true)
        return graphFrames(target, await askRange(expr, range, stepS), { range, stepS });
      const found = await askInstant(expr, range);
      return target.format === "table"
        ? [tableFrame(target, found, isAlone)]
        : found.map((series) => numberFrame(target, series));
    });
    return { data: (await Promise.all(frames)).flat() };
  }

  /** `label_values(selector, label)`. */
  override async metricFindQuery(
    query: { query: string },
    options: { scopedVars: ScopedVars; range: TimeRange },
  ): Promise<MetricFindValue[]> {
    const [, selector = "", label = ""] = /^label_values\((.*), (\w+)\)$/.exec(query.query) ?? [];
    const match = interpolate(selector, options.scopedVars, options.range, SCRAPE_S);
    const answer = await fetch(
      `/prometheus/api/v1/label/${label}/values?${new URLSearchParams({ "match[]": match })}`,
    );
    const { data }: { data: string[] } = await answer.json();
    return data.map((text) => ({ text, value: text }));
  }

  override async annotationQuery(request: AnnotationQueryRequest<DataQuery>): Promise<AnnotationEvent[]> {
    const { annotation, range } = request;
    // A panel does not draw annotations that arrive before its own data.
    while (this.#asking > 0 || performance.now() < this.#askedAt + QUIET_MS)
      await new Promise((done) => setTimeout(done, 50));
    const mark = annotation as unknown as Mark;
    const expr = interpolate(mark.expr, SCENE.vars, range, SCRAPE_S);
    const found = await askRange(expr, range, SCRAPE_S);
    document.body.dataset["annotations"] = String(Number(document.body.dataset["annotations"] ?? 0) + 1);
    const times = found.flatMap(({ values = [] }) =>
      values.map(([seconds, value]) => (mark.useValueForTime ? Number(value) : seconds * 1000)),
    );
    const isShown = (time: number): boolean => time >= range.from.valueOf() && time <= range.to.valueOf();
    return [...new Set(times)]
      .filter(isShown)
      .map((time) => ({ time, title: mark.titleFormat, color: mark.iconColor }));
  }
}

/** The scene being drawn; a query of annotations does not carry the variables of its scene. */
export const SCENE: { vars: ScopedVars } = { vars: {} };

function interpolate(text: string, scopedVars: ScopedVars, range: TimeRange, stepS: number): string {
  const scene: SceneObject = scopedVars["__sceneObject"]?.value.valueOf();
  const rangeS = Math.round((range.to.valueOf() - range.from.valueOf()) / 1000);
  const own: ScopedVars = {
    __range: { value: `${rangeS}s`, text: "" },
    __rate_interval: { value: `${Math.max(stepS + SCRAPE_S, 4 * SCRAPE_S)}s`, text: "" },
  };
  return sceneGraph.interpolate(scene, text, { ...scopedVars, ...own }, forPromql);
}

/** Several values become a regular expression; the value of `All` is used unchanged. */
function forPromql(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  const escaped = value.map((one) => String(one).replaceAll(/[\\^$*+?.()|[\]{}]/g, String.raw`\\$&`));
  return escaped.length === 1 ? (escaped[0] ?? "") : `(${escaped.join("|")})`;
}

function askRange(query: string, range: TimeRange, stepS: number): Promise<Series[]> {
  const at = (time: { valueOf(): number }): string =>
    String(Math.floor(time.valueOf() / 1000 / stepS) * stepS);
  return ask("query_range", { query, start: at(range.from), end: at(range.to), step: String(stepS) });
}

function askInstant(query: string, range: TimeRange): Promise<Series[]> {
  return ask("query", { query, time: String(range.to.valueOf() / 1000) });
}

async function ask(path: string, parameters: Record<string, string>): Promise<Series[]> {
  const answer = await fetch(`/prometheus/api/v1/${path}`, {
    method: "POST",
    body: new URLSearchParams(parameters),
  });
  const { status, error, data }: { status: string; error?: string; data?: { result: Series[] } } =
    await answer.json();
  if (status !== "success") throw new Error(`${error}: ${parameters["query"]}`);
  return data?.result ?? [];
}

interface Grid {
  readonly range: TimeRange;
  readonly stepS: number;
}

function graphFrames(target: PromQuery, found: Series[], { range, stepS }: Grid): DataFrame[] {
  const first = Math.floor(range.from.valueOf() / 1000 / stepS) * stepS;
  const count = Math.floor((range.to.valueOf() / 1000 - first) / stepS) + 1;
  const times = Array.from({ length: count }, (_, index) => (first + index * stepS) * 1000);
  return found.map(({ metric, values = [] }) => {
    const byTime = new Map(values.map(([seconds, value]) => [seconds * 1000, number(value)]));
    return createDataFrame({
      refId: target.refId,
      fields: [
        { name: "Time", type: FieldType.time, values: times, config: { interval: stepS * 1000 } },
        valueField(
          target,
          metric,
          times.map((time) => byTime.get(time) ?? null),
        ),
      ],
    });
  });
}

function numberFrame(target: PromQuery, { metric, value }: Series): DataFrame {
  return createDataFrame({
    refId: target.refId,
    fields: [
      { name: "Time", type: FieldType.time, values: [Number(value?.[0]) * 1000] },
      valueField(target, metric, [number(value?.[1])]),
    ],
  });
}

function tableFrame(target: PromQuery, found: Series[], isAlone: boolean): DataFrame {
  const labels = [...new Set(found.flatMap(({ metric }) => Object.keys(metric)))].toSorted();
  return createDataFrame({
    refId: target.refId,
    fields: [
      { name: "Time", type: FieldType.time, values: found.map(({ value }) => Number(value?.[0]) * 1000) },
      ...labels.map((name) => ({
        name,
        type: FieldType.string,
        values: found.map(({ metric }) => metric[name] ?? ""),
      })),
      {
        name: isAlone ? "Value" : `Value #${target.refId}`,
        type: FieldType.number,
        values: found.map(({ value }) => number(value?.[1])),
      },
    ],
  });
}

function valueField(target: PromQuery, labels: Readonly<Record<string, string>>, values: (number | null)[]) {
  const displayNameFromDS = (target.legendFormat ?? "")
    .replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => labels[name] ?? "")
    .trim();
  return {
    name: "Value",
    type: FieldType.number,
    labels: { ...labels },
    values,
    config: { displayNameFromDS },
  };
}

function number(text: string | undefined): number | null {
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}
