/** Queries of panels: drawn over time, or asked once for a table or a total. */

import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";

/** The one data source of all boards, chosen by the reader. */
export const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** Values over time; `legend` may name labels: `{{tool}}`. */
export function rangeQuery(expr: string, legend: string): DataqueryBuilder {
  return query(expr).range().legendFormat(legend);
}

/** Values over time, with exemplars that lead to traces. */
export function rangeQueryWithExemplars(expr: string, legend: string): DataqueryBuilder {
  return rangeQuery(expr, legend).exemplar(true);
}

/** One number for each series, at the end of the time that is shown. */
export function instantQuery(expr: string, legend: string): DataqueryBuilder {
  return query(expr).instant().legendFormat(legend);
}

/** Rows of a table, one for each set of labels. */
export function tableQuery(expr: string): DataqueryBuilder {
  return query(expr).instant().format(PromQueryFormat.Table);
}

function query(expr: string): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).datasource(DATASOURCE);
}
