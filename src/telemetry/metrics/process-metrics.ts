/** The few process metrics worth a series: event loop lag, heap, garbage collection, CPU, memory, file descriptors. */

import { collectDefaultMetrics, Registry, type OpenMetricsContentType } from "prom-client";

/** As registered: prom-client drops `_total` of a counter when it writes OpenMetrics. */
export const PROCESS_METRICS = [
  "process_cpu_seconds",
  "process_start_time_seconds",
  "process_resident_memory_bytes",
  "process_open_fds",
  "process_max_fds",
  "nodejs_eventloop_lag_p99_seconds",
  "nodejs_heap_size_used_bytes",
  "nodejs_heap_size_total_bytes",
  "nodejs_external_memory_bytes",
  "nodejs_gc_duration_seconds",
] as const;

/** The process has one set of them, however many sidecars it holds: their collectors cannot be stopped. */
let shared: Registry<OpenMetricsContentType> | undefined;

/** The chosen metrics as one OpenMetrics block. */
export async function renderProcessMetrics(): Promise<string> {
  const registry = (shared ??= startCollectors());
  const whole = await registry.metrics();
  const blocks = whole.split(/^(?=# HELP )/m).filter((block) => isChosen(block));
  return blocks.join("").replace(/\n+(?:# EOF\n*)?$/, "");
}

/** Starts the collectors, so that the first scrape already has a past to tell of. */
export function startProcessMetrics(): void {
  shared ??= startCollectors();
}

function startCollectors(): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({ register: registry });
  return registry;
}

function isChosen(block: string): boolean {
  return PROCESS_METRICS.some((name) => block.startsWith(`# HELP ${name} `));
}
