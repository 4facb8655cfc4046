/** Builds PromQL for the boards: every selector uses the variables that its metric has labels for. */

import type { MetricRow } from "../../src/telemetry/metrics/metric-definitions.ts";
import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { placed, placeLabels } from "./place.ts";

/** A metric of the process or the scraper. It has no server label, and other programs export it too. */
export type ForeignMetric =
  | "process_cpu_seconds_total"
  | "process_start_time_seconds"
  | "process_resident_memory_bytes"
  | "process_open_fds"
  | "nodejs_eventloop_lag_p99_seconds"
  | "nodejs_heap_size_used_bytes"
  | "scrape_duration_seconds"
  | "scrape_samples_scraped";

/** Window of a rate in a graph. */
export const RATE_INTERVAL = "$__rate_interval";
/** Window of a total over the shown period. */
export const SHOWN_RANGE = "$__range";
/** Window of the usual value. */
export const DAY = "1d";

const OF_SERVER = 'server=~"$server"';

/** Selects the series of a metric in the chosen places, and of the chosen servers when it has a server label. */
export function select(metric: MetricRow, matchers = "", suffix = ""): string {
  const chosen = [fromPlace(), ...(metric.labels.includes("server") ? [OF_SERVER] : [])];
  return `${metric.name}${suffix}{${[...chosen, matchers].filter(Boolean).join(",")}}`;
}

/** Selects a metric of every process in the chosen places. */
export function selectForeign(metric: ForeignMetric): string {
  return `${metric}{${fromPlace()}}`;
}

/** Keeps series of the sidecars of the chosen servers and adds the server label, for metrics without one. */
export function ofServer(vector: string): string {
  const sidecars = `group by (${placed("job, instance, server")}) (${select(METRICS.upstreamUp)})`;
  return `${vector} * on (${placed("job, instance")}) group_left (server) ${sidecars}`;
}

/** Matchers of the chosen places; `All` also matches series without the label. */
function fromPlace(): string {
  return placeLabels()
    .map((label) => `${label}=~"$${label}"`)
    .join(",");
}

export function rate(series: string, window = RATE_INTERVAL): string {
  return `rate(${series}[${window}])`;
}

/**
 * The increase of each counter over the shown period, for instant queries.
 * `increase` misses the first value of a series that was created within the period; its maximum is its increase.
 */
export function increaseShown(series: string): string {
  const created = `max_over_time(${series}[${SHOWN_RANGE}]) unless ${series} offset ${SHOWN_RANGE}`;
  return `((${created}) or increase(${series}[${SHOWN_RANGE}]))`;
}

/** Sums to whole calls: `increase` extrapolates to the edges of its window. */
export function countBy(labels: string, series: string): string {
  return `round(sum by (${labels}) (${increaseShown(series)}))`;
}

/** A ratio that is 0, not a gap, while its denominator is 0. */
export function ratio(part: string, whole: string): string {
  return `${part} / (${whole} > 0) or ${whole} * 0`;
}

/** A quantile of a histogram over time, by these labels and `le`. */
export function quantile(q: number, buckets: string, labels = ""): string {
  const by = labels === "" ? "le" : `le, ${labels}`;
  return `histogram_quantile(${q}, sum by (${by}) (${rate(buckets)}))`;
}
