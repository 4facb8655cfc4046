/** All families of the metric table, each by its key. */

import { histogramFamily, numberFamily, type Family } from "./family.ts";
import { METRICS, type HistogramRow, type MetricKey, type MetricRow } from "./metric-definitions.ts";
import type { HistogramSeries, NumberSeries } from "./series.ts";

type FamilyOf<Row extends MetricRow> = Row extends HistogramRow
  ? Family<HistogramSeries>
  : Family<NumberSeries>;

export type Families = { readonly [Key in MetricKey]: FamilyOf<(typeof METRICS)[Key]> };

export type AnyFamily = Family<NumberSeries> | Family<HistogramSeries>;

/** @throws TypeError when the table has a row that became no family, which is a fault of ours. */
export function createFamilies(): Families {
  const families: Record<string, AnyFamily> = {};
  for (const [key, row] of Object.entries<MetricRow>(METRICS)) {
    families[key] = row.type === "histogram" ? histogramFamily(row) : numberFamily(row);
  }
  if (!isComplete(families)) throw new TypeError("the metric table has a row without a family");
  return families;
}

/** In the order of the table. */
export function listFamilies(families: Families): readonly AnyFamily[] {
  return Object.values(families);
}

function isComplete(families: Record<string, AnyFamily>): families is Families & Record<string, AnyFamily> {
  return Object.entries<MetricRow>(METRICS).every(([key, row]) => families[key]?.row === row);
}
