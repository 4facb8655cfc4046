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

/** One selected metric with its samples; the histogram of garbage collection as its sum and its count. */
export interface ProcessMetric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** The selected metrics as values, under the names of the scrape. */
export async function readProcessMetrics(): Promise<readonly ProcessMetric[]> {
  const registry = (shared ??= startCollectors());
  const metrics: Map<string, ProcessMetric> = new Map();
  for (const { name, help, type, values } of await registry.getMetricsAsJSON()) {
    if (!PROCESS_METRICS.some((selected) => selected === name)) continue;
    for (const sample of values) {
      const metricName = sampleName(name, String(type), sample);
      if (metricName === undefined) continue;
      const isCounter = String(type) !== "gauge";
      const { samples } = metrics.get(metricName) ?? { samples: [] };
      const labels = Object.fromEntries(
        Object.entries(sample.labels).map(([label, value]) => [label, String(value)]),
      );
      metrics.set(metricName, {
        name: metricName,
        type: isCounter ? "counter" : "gauge",
        help,
        samples: [...samples, { labels, value: sample.value }],
      });
    }
  }
  return [...metrics.values()];
}

/** Undefined for a bucket. */
function sampleName(name: string, type: string, sample: object): string | undefined {
  if (type === "counter") return `${name.replace(/_total$/, "")}_total`;
  const own = "metricName" in sample ? String(sample.metricName) : name;
  return own.endsWith("_bucket") ? undefined : own;
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
