/** PromQL as the boards write it: every selector holds to the variables that its metric has labels for. */

import type { MetricRow } from "../../src/telemetry/metrics/metric-definitions.ts";
import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";

/** A metric of the process or of the scraper: it says nothing of the server, and other programs have it too. */
export type ForeignMetric =
  | "process_cpu_seconds_total"
  | "process_start_time_seconds"
  | "process_resident_memory_bytes"
  | "process_open_fds"
  | "nodejs_eventloop_lag_p99_seconds"
  | "nodejs_heap_size_used_bytes"
  | "scrape_duration_seconds"
  | "scrape_samples_scraped";

/** Window of a rate that is drawn over time. */
export const RATE_INTERVAL = "$__rate_interval";
/** Window of a total over the time that is shown. */
export const SHOWN_RANGE = "$__range";
/** Window of what is usual. */
export const DAY = "1d";

const FROM_NAMESPACE = 'namespace=~"$namespace"';
const OF_SERVER = 'server=~"$server"';

/** The series of a metric in the chosen namespaces, and of the chosen servers where the metric names them. */
export function select(metric: MetricRow, matchers = "", suffix = ""): string {
  const chosen = [FROM_NAMESPACE, ...(metric.labels.includes("server") ? [OF_SERVER] : [])];
  return `${metric.name}${suffix}{${[...chosen, matchers].filter(Boolean).join(",")}}`;
}

/** A metric that every process has, in the chosen namespaces. */
export function selectForeign(metric: ForeignMetric): string {
  return `${metric}{${FROM_NAMESPACE}}`;
}

/** Keeps what comes from the sidecars of the chosen servers, and names the server: for metrics that do not. */
export function ofServer(vector: string): string {
  const sidecars = `group by (namespace, job, instance, server) (${select(METRICS.upstreamUp)})`;
  return `${vector} * on (namespace, job, instance) group_left (server) ${sidecars}`;
}

export function rate(series: string, window = RATE_INTERVAL): string {
  return `rate(${series}[${window}])`;
}

/**
 * How much each counter grew in the time that is shown; for instant queries.
 * A counter that was born in that time began at 0, which `increase` does not know: what it shows is its growth.
 */
export function increaseShown(series: string): string {
  const born = `max_over_time(${series}[${SHOWN_RANGE}]) unless ${series} offset ${SHOWN_RANGE}`;
  return `((${born}) or increase(${series}[${SHOWN_RANGE}]))`;
}

/** The sum as whole calls: `increase` extrapolates to the edges of its window. */
export function countBy(labels: string, series: string): string {
  return `round(sum by (${labels}) (${increaseShown(series)}))`;
}

/** A share that is 0, not a gap, while nothing at all happens. */
export function ratio(part: string, whole: string): string {
  return `${part} / (${whole} > 0) or ${whole} * 0`;
}

/** The quantile of a histogram over time, by these labels beside `le`. */
export function quantile(q: number, buckets: string, labels = ""): string {
  const by = labels === "" ? "le" : `le, ${labels}`;
  return `histogram_quantile(${q}, sum by (${by}) (${rate(buckets)}))`;
}
