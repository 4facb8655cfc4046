/** The metrics as OpenTelemetry's reader collects them: the same names, labels and values as the scrape. */

import { ValueType, type HrTime } from "@opentelemetry/api";
import {
  AggregationTemporality,
  DataPointType,
  InstrumentType,
  type DataPoint,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import type { Resource } from "@opentelemetry/resources";
import { type Family, isHistogramFamily } from "./family.ts";
import type { MetricRow } from "./metric-definitions.ts";
import type { MetricSource } from "./metrics.ts";
import type { ProcessMetric } from "./process-metrics.ts";
import type { HistogramSeries, HistogramSnapshot, NumberSeries } from "./series.ts";

export interface ProducerOptions {
  readonly source: MetricSource;
  readonly temporalityOf: (instrument: InstrumentType) => AggregationTemporality;
  readonly resource: Resource;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

/** Points after which the event loop may run. */
const YIELD_POINTS = 500;

/** Collects every series; between slices the event loop runs, so that a collection delays no call. */
export function createMetricProducer(options: ProducerOptions): MetricProducer {
  const { source, resource, version, nowMs } = options;
  const last: Last = {
    numbers: new WeakMap(),
    histograms: new WeakMap(),
    process: new Map(),
    atMs: undefined,
  };
  return {
    collect: async () => {
      source.refresh();
      const window = { atMs: nowMs(), sinceMs: last.atMs };
      const metrics: MetricData[] = [];
      let points = 0;
      for (const family of source.families) {
        const metric = familyData(family, { ...options, ...window, last });
        if (metric !== undefined) metrics.push(metric);
        points += metric?.dataPoints.length ?? 0;
        if (points < YIELD_POINTS) continue;
        points = 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (const metric of await source.processMetrics())
        metrics.push(processData(metric, { ...options, ...window, last }));
      last.atMs = window.atMs;
      const scope = { name: "mcp-tollgate", version };
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] }, errors: [] };
    },
  };
}

/** Values of the last collection, from which a delta is taken. */
interface Last {
  readonly numbers: WeakMap<NumberSeries, number>;
  readonly histograms: WeakMap<HistogramSeries, HistogramSnapshot>;
  readonly process: Map<string, number>;
  atMs: number | undefined;
}

interface Window extends ProducerOptions {
  readonly atMs: number;
  /** The last collection; undefined for the first. */
  readonly sinceMs: number | undefined;
  readonly last: Last;
}

type AnyFamily = Family<NumberSeries> | Family<HistogramSeries>;

function familyData(family: AnyFamily, window: Window): MetricData | undefined {
  if (family.size === 0) return undefined;
  return isHistogramFamily(family) ? histogramData(family, window) : numberData(family, window);
}

function numberData(family: Family<NumberSeries>, window: Window): MetricData {
  const isCounter = family.row.type === "counter";
  const temporality = isCounter
    ? window.temporalityOf(InstrumentType.COUNTER)
    : AggregationTemporality.CUMULATIVE;
  const isDelta = temporality === AggregationTemporality.DELTA;
  const dataPoints = Array.from(family.points(), ({ labels, series }) => {
    const value = series.value();
    const before = isDelta ? (window.last.numbers.get(series) ?? 0) : 0;
    if (isDelta) window.last.numbers.set(series, value);
    return point(window, { labels, createdMs: series.createdMs, isDelta, value: value - before });
  });
  const common = { descriptor: descriptorOf(family.row), aggregationTemporality: temporality, dataPoints };
  return isCounter
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true }
    : { ...common, dataPointType: DataPointType.GAUGE };
}

function histogramData(family: Family<HistogramSeries>, window: Window): MetricData {
  const temporality = window.temporalityOf(InstrumentType.HISTOGRAM);
  const isDelta = temporality === AggregationTemporality.DELTA;
  const boundaries = family.row.type === "histogram" ? [...family.row.buckets] : [];
  const dataPoints = Array.from(family.points(), ({ labels, series }) => {
    const now = series.snapshot();
    const before = isDelta ? window.last.histograms.get(series) : undefined;
    if (isDelta) window.last.histograms.set(series, now);
    const counts = now.counts.map((count, index) => count - (before?.counts[index] ?? 0));
    const value: Histogram = {
      buckets: { boundaries, counts },
      sum: now.sum - (before?.sum ?? 0),
      count: counts.reduce((sum, count) => sum + count, 0),
    };
    return point(window, { labels, createdMs: series.createdMs, isDelta, value });
  });
  return {
    descriptor: descriptorOf(family.row),
    aggregationTemporality: temporality,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints,
  };
}

function processData({ name, type, help, samples }: ProcessMetric, window: Window): MetricData {
  const isDelta =
    type === "counter" && window.temporalityOf(InstrumentType.COUNTER) === AggregationTemporality.DELTA;
  const dataPoints = samples.map(({ labels, value }) => {
    const key = `${name}${JSON.stringify(labels)}`;
    const before = isDelta ? (window.last.process.get(key) ?? 0) : 0;
    if (isDelta) window.last.process.set(key, value);
    return point(window, { labels, createdMs: performance.timeOrigin, isDelta, value: value - before });
  });
  const common = {
    descriptor: descriptorOf({ name, help }),
    aggregationTemporality: isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
    dataPoints,
  };
  return type === "counter"
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true }
    : { ...common, dataPointType: DataPointType.GAUGE };
}

interface PointParts<Value> {
  readonly labels: Readonly<Record<string, string>>;
  readonly createdMs: number;
  readonly isDelta: boolean;
  readonly value: Value;
}

/** A delta begins at the last collection, or when its series was created after that. */
function point<Value>(
  { atMs, sinceMs }: Window,
  { labels, createdMs, isDelta, value }: PointParts<Value>,
): DataPoint<Value> {
  const startMs = isDelta && sinceMs !== undefined ? Math.max(sinceMs, createdMs) : createdMs;
  return { startTime: hrTime(Math.min(startMs, atMs)), endTime: hrTime(atMs), attributes: labels, value };
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}

function descriptorOf({ name, help }: Pick<MetricRow, "name" | "help">) {
  return { name, description: help, unit: unitOf(name), valueType: ValueType.DOUBLE };
}

/** In UCUM, from the unit that the name ends in; a count has none, so that no exporter adds one to the name. */
function unitOf(name: string): string {
  const [, unit = ""] = /_(seconds|bytes|ratio)(?:_total)?$/.exec(name) ?? [];
  return UNITS[unit] ?? "";
}

const UNITS: Readonly<Record<string, string>> = { seconds: "s", bytes: "By", ratio: "1" };
