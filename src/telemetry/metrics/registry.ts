/** All metric families, each by its key in the metric table. */

import { histogramFamily, numberFamily, type Family } from "./family.ts";
import { METRICS, type HistogramRow, type MetricKey, type MetricRow } from "./metric-definitions.ts";
import type { HistogramSeries, NumberSeries } from "./series.ts";

type FamilyOf<Row extends MetricRow> = Row extends HistogramRow
  ? Family<HistogramSeries>
  : Family<NumberSeries>;

export type Families = { readonly [Key in MetricKey]: FamilyOf<(typeof METRICS)[Key]> };

export type AnyFamily = Family<NumberSeries> | Family<HistogramSeries>;

/** The counters that `identity.user-label` gives a further label, `user`, as the last one. */
const USER_LABELLED: ReadonlySet<string> = new Set<MetricKey>(["toolCalls", "toolDenials"]);

/** Upper bounds that replace those of the metric table; each absent by default. */
export type BucketOverrides = { readonly [Scale in HistogramRow["scale"]]?: readonly number[] };

export interface FamilyOptions {
  readonly hasUserLabel?: boolean;
  readonly buckets?: BucketOverrides;
  /** Whether histograms keep native buckets beside the classic ones. */
  readonly hasNativeHistograms?: boolean;
}

/** Creates one family for each row. @throws TypeError when a row has none, which is a bug. */
export function createFamilies(options: FamilyOptions = {}): Families {
  const { hasUserLabel = false, buckets = {}, hasNativeHistograms } = options;
  const families: Record<string, AnyFamily> = {};
  for (const [key, declared] of Object.entries<MetricRow>(METRICS)) {
    const row =
      hasUserLabel && USER_LABELLED.has(key)
        ? { ...declared, labels: [...declared.labels, "user"] }
        : declared;
    families[key] =
      row.type === "histogram"
        ? histogramFamily(withBuckets(row, buckets), hasNativeHistograms)
        : numberFamily(row);
  }
  if (!isComplete(families)) throw new TypeError("the metric table has a row without a family");
  return families;
}

function withBuckets(row: HistogramRow, overrides: BucketOverrides): HistogramRow {
  return { ...row, buckets: overrides[row.scale] ?? row.buckets };
}

/** In the order of the table. */
export function listFamilies(families: Families): readonly AnyFamily[] {
  return Object.values(families);
}

function isComplete(families: Record<string, AnyFamily>): families is Families & Record<string, AnyFamily> {
  return Object.entries<MetricRow>(METRICS).every(([key, { name }]) => families[key]?.row.name === name);
}
