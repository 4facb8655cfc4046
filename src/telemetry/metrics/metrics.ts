/** Everything Tollgate counts, as one observer, a handful of setters, and what a scrape gets. */

import type { LimitReadings } from "../../enforcement/limits/limit-usage.ts";
import type { Observer } from "../../enforcement/observer.ts";
import type { Transport } from "../../mcp/vocabulary.ts";
import { createCallObserver, type TraceIdOf } from "./call-metrics.ts";
import { chooseFormat, type Format } from "./exposition-format.ts";
import { renderExposition, type Exposition } from "./exposition.ts";
import { createFamilies, listFamilies, type Families } from "./registry.ts";
import { CardinalityLimits, type CardinalityOptions } from "./cardinality-limits.ts";
import { labelValue } from "./labels.ts";
import { renderProcessMetrics, startProcessMetrics } from "./process-metrics.ts";
import {
  createStateMetrics,
  setLimits,
  setToolCategories,
  type KnownTool,
  type StateMetrics,
} from "./state-metrics.ts";
import {
  initializeCalls,
  initializeClosedSets,
  initializeRules,
  initializeToolChanges,
} from "./initial-series.ts";

export interface MetricsOptions extends CardinalityOptions {
  /** The `server` label until `nameServer` says better. */
  readonly server: string;
  readonly version: string;
  readonly nodeVersion: string;
  /** Names the sampled trace that exemplars point to; absent without tracing. */
  readonly traceIdOf?: TraceIdOf;
  /** Of the connection to the guarded server; absent when it is the agent's. */
  readonly upstreamTransport?: Transport;
  /** Read at each scrape; absent when there are no limits. */
  readonly readLimits?: () => LimitReadings;
}

export interface Metrics extends StateMetrics {
  readonly observer: Observer;
  /** The `server` label of every series from now on; for a name that only the upstream knows. */
  readonly nameServer: (server: string) => void;
  readonly toolsKnown: (tools: readonly KnownTool[]) => void;
  /** Pointers of the rules of the policy in force. */
  readonly rulesKnown: (rules: readonly string[]) => void;
  /** Series at present, process metrics aside. */
  readonly seriesCount: () => number;
  /** The body of a scrape, in the format that `Accept` asks for. */
  readonly render: (accept: string | undefined) => Promise<Exposition>;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const families = createFamilies();
  const bounds = new CardinalityLimits(options, (label) => families.labelOverflow.series(label).add(1));
  initialize(families, options);
  const { traceIdOf = () => undefined, upstreamTransport, readLimits } = options;
  return {
    ...createStateMetrics(families, bounds),
    observer: createCallObserver(families, bounds, { traceIdOf, upstreamTransport }),
    nameServer: (server) => nameServer(families, server),
    toolsKnown: (tools) => {
      setToolCategories(families, tools);
      initializeCalls(families, bounds, tools);
      initializeToolChanges(families, bounds, tools);
    },
    rulesKnown: (rules) => initializeRules(families, bounds, rules),
    seriesCount: () => listFamilies(families).reduce((sum, family) => sum + family.size, 0),
    render: createRender(families, () => {
      if (readLimits !== undefined) setLimits(families, bounds, readLimits());
    }),
  };
}

function initialize(families: Families, { server, version, nodeVersion }: MetricsOptions): void {
  nameServer(families, server);
  initializeClosedSets(families);
  families.buildInfo.series(labelValue(version), labelValue(nodeVersion)).set(1);
  startProcessMetrics();
}

function nameServer(families: Families, server: string): void {
  for (const family of listFamilies(families)) family.nameServer(labelValue(server));
}

/** Scrapes that arrive while one of their format is written share it. */
function createRender(families: Families, refresh: () => void): Metrics["render"] {
  const underway = new Map<Format, Promise<Exposition>>();
  return async (accept) => {
    const format = chooseFormat(accept);
    if (underway.size === 0) refresh();
    const shared =
      underway.get(format) ??
      renderExposition(listFamilies(families), format, renderProcessMetrics).finally(() =>
        underway.delete(format),
      );
    underway.set(format, shared);
    return shared;
  };
}
