/** Queries of panels: ranges for graphs, instants for tables and totals. */

import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { groupingLabels } from "./place.ts";

/** The data source of all boards, chosen by a variable. */
export const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** Values over time; `legend` may use labels: `{{tool}}`. */
export function rangeQuery(expr: string, legend: string): DataqueryBuilder {
  return query(expr).range().legendFormat(legend);
}

/** Values over time, with exemplars that link to traces. */
export function rangeQueryWithExemplars(expr: string, legend: string): DataqueryBuilder {
  return rangeQuery(expr, legend).exemplar(true);
}

/** One number for each series, at the end of the shown period. */
export function instantQuery(expr: string, legend: string): DataqueryBuilder {
  return query(expr).instant().legendFormat(legend);
}

/** A legend for series of each cluster: the labels of the grouping follow it, and nothing where there are none. */
export function legend(text: string): string {
  return [text, ...groupingLabels().map((label) => `{{${label}}}`)].join(" ");
}

/** Rows of a table, one for each set of labels. */
export function tableQuery(expr: string): DataqueryBuilder {
  return query(expr).instant().format(PromQueryFormat.Table);
}

function query(expr: string): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).datasource(DATASOURCE);
}
