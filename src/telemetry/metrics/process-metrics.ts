/** Selected process metrics: event loop lag, heap, garbage collection, CPU, memory, file descriptors. */

import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Registry,
  type OpenMetricsContentType,
} from "prom-client";

/** Without the `_total` of counters, as OpenMetrics declares them. */
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

/** Values of the other processes of this sidecar, as `ownProcessMetrics` returns them. */
let readOthers: (() => Promise<readonly ProcessValues[]>) | undefined;

export type ProcessValues = readonly { readonly name: string }[];

/** Adds other processes to the metrics of this one: sums, but the longest delay of an event loop, and this process's start. */
export function includeProcesses(read: () => Promise<readonly ProcessValues[]>): void {
  readOthers = read;
}

/** The metrics of this process alone. */
export async function ownProcessMetrics(): Promise<ProcessValues> {
  const registry = (shared ??= startCollectors());
  const all = await registry.getMetricsAsJSON();
  return all.filter(({ name }) => PROCESS_METRICS.some((known) => known === bareName(name)));
}

async function registryOfAll(): Promise<Registry<OpenMetricsContentType>> {
  const own = (shared ??= startCollectors());
  if (readOthers === undefined) return own;
  const others = await readOthers();
  if (others.length === 0) return own;
  const all = [await ownProcessMetrics(), ...others];
  const sum = AggregatorRegistry.aggregate<OpenMetricsContentType>(
    all.map((metrics) =>
      metrics.map((metric) => ({
        ...metric,
        // The text of OpenMetrics adds the ending of counters.
        name: bareName(metric.name),
        aggregator: aggregatorOf(metric.name),
      })),
    ),
  );
  sum.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return sum;
}

function aggregatorOf(name: string): "sum" | "max" | "first" {
  if (name === "process_start_time_seconds") return "first";
  return name === "nodejs_eventloop_lag_p99_seconds" ? "max" : "sum";
}

/** The selected metrics as one OpenMetrics block. */
export async function renderProcessMetrics(): Promise<string> {
  const registry = await registryOfAll();
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

/** One selected metric as prom-client holds it. */
export interface SelectedMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly SelectedSample[];
}

export interface SelectedSample {
  /** The name of the sample, which differs from the metric's in a histogram. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The selected metrics that have a value, under the names of their registration. */
export async function readSelected(): Promise<readonly SelectedMetric[]> {
  const registry = await registryOfAll();
  const all = await registry.getMetricsAsJSON();
  // prom-client renames a counter when it first writes it as text.
  const selected = all.filter(({ name }) => PROCESS_METRICS.some((known) => known === bareName(name)));
  return selected.map(({ name, type, help, values }) => ({
    name,
    type: String(type),
    help,
    samples: values.map((sample) => ({
      name: "metricName" in sample ? String(sample.metricName) : name,
      labels: Object.fromEntries(
        Object.entries(sample.labels).map(([label, value]) => [label, String(value)]),
      ),
      value: sample.value,
    })),
  }));
}

/** The selected metrics as values, under the names of the scrape. */
export async function readProcessMetrics(): Promise<readonly ProcessMetric[]> {
  const metrics: Map<string, ProcessMetric> = new Map();
  for (const { name, type, help, samples: all } of await readSelected()) {
    for (const sample of all) {
      const metricName = sampleName(name, type, sample);
      if (metricName === undefined) continue;
      const { samples } = metrics.get(metricName) ?? { samples: [] };
      metrics.set(metricName, {
        name: metricName,
        type: type === "gauge" ? "gauge" : "counter",
        help,
        samples: [...samples, { labels: sample.labels, value: sample.value }],
      });
    }
  }
  return [...metrics.values()];
}

/** Undefined for a bucket. */
function sampleName(name: string, type: string, sample: SelectedSample): string | undefined {
  if (type === "counter") return counterName(name);
  return sample.name.endsWith("_bucket") ? undefined : sample.name;
}

/** The name of a counter's samples. */
export function counterName(name: string): string {
  return `${bareName(name)}_total`;
}

function bareName(name: string): string {
  return name.replace(/_total$/, "");
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
