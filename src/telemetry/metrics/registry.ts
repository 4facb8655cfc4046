/** All metric families, each by its key in the metric table. */

import { histogramFamily, numberFamily, type Family } from "./family.ts";
import { METRICS, type HistogramRow, type MetricKey, type MetricRow } from "./metric-definitions.ts";
import type { HistogramSeries, NumberSeries } from "./series.ts";

type FamilyOf<Row extends MetricRow> = Row extends HistogramRow
  ? Family<HistogramSeries>
  : Family<NumberSeries>;

export type Families = { readonly [Key in MetricKey]: FamilyOf<(typeof METRICS)[Key]> };

export type AnyFamily = Family<NumberSeries> | Family<HistogramSeries>;

/** Creates one family for each row. @throws TypeError when a row has none, which is a bug. */
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
