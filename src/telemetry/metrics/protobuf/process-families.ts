/** The metrics of the process as families for protocol buffers, a histogram with its buckets. */

import { counterName, readSelected, type SelectedSample } from "../process-metrics.ts";
import type { HistogramSnapshot } from "../series.ts";

export interface ProcessFamily {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly points: readonly ProcessPoint[];
}

interface ProcessPoint {
  readonly labels: Readonly<Record<string, string>>;
  /** Of a histogram 0. */
  readonly value: number;
  readonly histogram?: HistogramSnapshot & { readonly bounds: readonly number[] };
}

export async function readProcessFamilies(): Promise<readonly ProcessFamily[]> {
  const selected = (await readSelected()).filter(({ samples }) => samples.length > 0);
  return selected.map(({ name, help, type, samples }) => {
    if (type === "histogram") return { name, type, help, points: histogramPoints(samples) };
    if (type === "counter") return { name: counterName(name), type, help, points: samples };
    return { name, type: "gauge", help, points: samples };
  });
}

function histogramPoints(samples: readonly SelectedSample[]): readonly ProcessPoint[] {
  const groups = Map.groupBy(samples, ({ labels: { le: _bound, ...labels } }) => JSON.stringify(labels));
  return Array.from(groups.values(), (group) => histogramPoint(group));
}

/** Buckets are cumulative, in ascending order, and end with that of `+Inf`. */
function histogramPoint(samples: readonly SelectedSample[]): ProcessPoint {
  const buckets = samples.filter(({ name }) => name.endsWith("_bucket"));
  const { le: _bound, ...labels } = buckets[0]?.labels ?? {};
  const histogram = {
    bounds: buckets.slice(0, -1).map(({ labels: { le } }) => Number(le)),
    counts: buckets.map(({ value }, index) => value - (buckets[index - 1]?.value ?? 0)),
    sum: samples.find(({ name }) => name.endsWith("_sum"))?.value ?? 0,
  };
  return { labels, value: 0, histogram };
}
