/** All metrics: an observer for requests, setters for state, and the response to a scrape. */

import type { LimitReadings } from "../../enforcement/limits/limit-usage.ts";
import type { Observer } from "../../enforcement/observer.ts";
import type { Transport } from "../../mcp/vocabulary.ts";
import { createCallObserver, type TraceIdOf } from "./call-metrics.ts";
import { chooseFormat, type Format } from "./exposition-format.ts";
import { renderExposition, type Exposition, type ProcessSource } from "./exposition.ts";
import {
  type AnyFamily,
  createFamilies,
  type FamilyOptions,
  listFamilies,
  type Families,
} from "./registry.ts";
import { CardinalityLimits, type CardinalityOptions } from "./cardinality-limits.ts";
import { labelValue } from "./labels.ts";
import {
  type ProcessMetric,
  readProcessMetrics,
  renderProcessMetrics,
  startProcessMetrics,
} from "./process-metrics.ts";
import { readProcessFamilies } from "./protobuf/process-families.ts";
import {
  createStateMetrics,
  setLimits,
  setTools,
  type KnownTool,
  type StateMetrics,
} from "./state-metrics.ts";
import {
  initializeArguments,
  initializeCalls,
  initializeClosedSets,
  initializeRules,
  initializeToolChanges,
} from "./initial-series.ts";

export interface MetricsOptions
  extends CardinalityOptions, Pick<FamilyOptions, "buckets" | "hasNativeHistograms"> {
  /** The `server` label of every series. */
  readonly server: string;
  readonly version: string;
  readonly nodeVersion: string;
  /** The sampled trace that exemplars point to; absent without tracing. */
  readonly traceIdOf?: TraceIdOf;
  /** Transport to the server; absent when it is the same as the agent's. */
  readonly upstreamTransport?: Transport;
  /** Read at each scrape; absent when there are no limits. */
  readonly readLimits?: () => LimitReadings;
}

export interface Metrics extends StateMetrics {
  readonly observer: Observer;
  /** Tools that the server has listed or a policy names; replaces the previous ones. */
  readonly toolsKnown: (tools: readonly KnownTool[]) => void;
  /** Pointers of the rules of the policy in force. */
  readonly rulesKnown: (rules: readonly string[]) => void;
  /** The current number of series, without process metrics. */
  readonly seriesCount: () => number;
  /** Sets gauges of state that no event reports; called before each scrape and each push. */
  readonly refreshWith: (update: () => void) => void;
  /** The source of a push. */
  readonly source: MetricSource;
  /** The body of a scrape, in the format that `Accept` asks for. */
  readonly render: (accept: string | undefined) => Promise<Exposition>;
}

/** The same values that a scrape has, as numbers. */
export interface MetricSource {
  readonly families: readonly AnyFamily[];
  /** To be called before the families are read. */
  readonly refresh: () => void;
  readonly processMetrics: () => Promise<readonly ProcessMetric[]>;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const families = createFamilies(options);
  const bounds = new CardinalityLimits(options, (label) => families.labelOverflow.series(label).add(1));
  initialize(families, options);
  const { traceIdOf = () => undefined, upstreamTransport, readLimits } = options;
  const updates: (() => void)[] = [];
  const refresh = (): void => {
    for (const update of updates) update();
    if (readLimits !== undefined) setLimits(families, bounds, readLimits());
  };
  return {
    refreshWith: (update) => void updates.push(update),
    source: { families: listFamilies(families), refresh, processMetrics: readProcessMetrics },
    ...createStateMetrics(families, bounds),
    observer: createCallObserver(families, bounds, { traceIdOf, upstreamTransport }),
    toolsKnown: (tools) => {
      setTools(families, bounds, tools);
      initializeCalls(families, bounds, tools);
      initializeArguments(families, bounds, tools);
      initializeToolChanges(families, bounds, tools);
    },
    rulesKnown: (rules) => initializeRules(families, bounds, rules),
    seriesCount: () => listFamilies(families).reduce((sum, family) => sum + family.size, 0),
    render: createRender(families, refresh),
  };
}

function initialize(families: Families, options: MetricsOptions): void {
  const { server, version, nodeVersion } = options;
  for (const family of listFamilies(families)) family.nameServer(labelValue(server));
  initializeClosedSets(families, options);
  families.buildInfo.series(labelValue(version), labelValue(nodeVersion)).set(1);
  startProcessMetrics();
}

const PROCESS: ProcessSource = { text: renderProcessMetrics, families: readProcessFamilies };

/** A scrape that arrives while one of the same format is being written shares its response. */
function createRender(families: Families, refresh: () => void): Metrics["render"] {
  const pendingScrapes = new Map<Format, Promise<Exposition>>();
  return async (accept) => {
    const format = chooseFormat(accept);
    if (pendingScrapes.size === 0) refresh();
    const shared =
      pendingScrapes.get(format) ??
      renderExposition(listFamilies(families), format, PROCESS).finally(() => pendingScrapes.delete(format));
    pendingScrapes.set(format, shared);
    return shared;
  };
}
