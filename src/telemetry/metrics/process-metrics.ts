/** Selected process metrics: event loop lag, heap, garbage collection, CPU, memory, file descriptors. */

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

/** One set for the process, however many sidecars run in it: prom-client's collectors cannot be stopped. */
let shared: Registry<OpenMetricsContentType> | undefined;

/** The selected metrics as one OpenMetrics block. */
export async function renderProcessMetrics(): Promise<string> {
  const registry = (shared ??= startCollectors());
  const all = await registry.metrics();
  const blocks = all.split(/^(?=# HELP )/m).filter((block) => isSelected(block));
  return blocks.join("").replace(/\n+(?:# EOF\n*)?$/, "");
}

/** Starts the collectors, so that the first scrape already has samples. */
export function startProcessMetrics(): void {
  shared ??= startCollectors();
}

function startCollectors(): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({ register: registry });
  return registry;
}

function isSelected(block: string): boolean {
  return PROCESS_METRICS.some((name) => block.startsWith(`# HELP ${name} `));
}
