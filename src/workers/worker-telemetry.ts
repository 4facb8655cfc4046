/** Telemetry of a worker: it logs and traces by itself, and sends everything else to the supervising process. */

import type { Settings } from "../config/settings/settings.ts";
import { VERSION } from "../config/version.ts";
import { combineObservers } from "../enforcement/observer.ts";
import { createCapture } from "../telemetry/audit/capture.ts";
import { createLog } from "../telemetry/logging/log.ts";
import type { Metrics } from "../telemetry/metrics/metrics.ts";
import { startProcessMetrics } from "../telemetry/metrics/process-metrics.ts";
import { createActivity } from "../telemetry/recent/activity.ts";
import { createDecisions } from "../telemetry/recent/decision-buffer.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { startTraces } from "../telemetry/tracing/traces.ts";
import type { CountEvent, WorkerEvent } from "./events/events.ts";
import { createEventSender } from "./events/send-events.ts";
import type { WorkerState } from "./messages.ts";

export interface WorkerTelemetryOptions {
  /** Its number, which every line of its log has. */
  readonly worker: number;
  readonly send: (event: WorkerEvent) => void;
  /** Called with each gauge that is the worker's own. */
  readonly onState: (state: Partial<WorkerState>) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export async function startWorkerTelemetry(
  settings: Settings,
  { worker, send, onState, environment }: WorkerTelemetryOptions,
): Promise<Telemetry> {
  const log = createLog({ level: settings.logLevel, format: settings.logFormat }).child({ worker });
  startProcessMetrics();
  const metrics = forwardMetrics(send, onState);
  const traces = await startTraces({
    // The metrics of all workers are pushed by the process that has them.
    environment: { ...environment, OTEL_METRICS_EXPORTER: "none" },
    version: VERSION,
    upstreamTransport: settings.upstream.kind,
    upstreamUrl: settings.upstream.kind === "http" ? settings.upstream.url : undefined,
    log: { warn: log.warn.bind(log), error: log.error.bind(log) },
    onSpansLost: metrics.spansLost,
    onPointsLost: metrics.pointsLost,
    metrics: metrics.source,
    random: Math.random,
    now: () => performance.timeOrigin + performance.now(),
  });
  const sender = createEventSender({ send, traceIdOf: (request) => traces?.traceIdOf(request) });
  const observer = combineObservers(
    [traces?.observer, sender].filter((each) => each !== undefined),
    (error) => log.error({ err: error }, "an observer failed"),
  );
  return {
    log,
    metrics,
    observer,
    // Invariant: nothing reads these in a worker; the console is the primary's.
    decisions: createDecisions({ capacity: 1, capture: createCapture([]) }),
    activity: createActivity({ nowMs: Date.now }),
    propagate: (request) => traces?.propagate(request),
    reopenAudit: () => undefined,
    close: async () => traces?.shutdown(),
  };
}

function forwardMetrics(
  send: (event: CountEvent) => void,
  onState: WorkerTelemetryOptions["onState"],
): Metrics {
  return {
    ...OF_THE_PRIMARY,
    upstreamUp: (isUpstreamUp) => onState({ isUpstreamUp }),
    upstreamExposed: (isUpstreamExposed) => onState({ isUpstreamExposed }),
    approval: (...args) => send({ kind: "count", name: "approval", args }),
    limitStoreFailed: (...args) => send({ kind: "count", name: "limitStoreFailed", args }),
    failedOpen: (...args) => send({ kind: "count", name: "failedOpen", args }),
    spansLost: (...args) => send({ kind: "count", name: "spansLost", args }),
    upstreamLineDropped: (...args) => send({ kind: "count", name: "upstreamLineDropped", args }),
  };
}

const ignore = (): void => undefined;

/** Metrics that the supervising process sets from its own policies, tools, approvals and freezes, and from the workers' events. */
const OF_THE_PRIMARY: Omit<Metrics, CountEvent["name"] | "upstreamUp" | "upstreamExposed"> = {
  observer: {},
  policiesLoaded: ignore,
  policyRejected: ignore,
  policyCoverage: ignore,
  toolChanged: ignore,
  toolsKnown: ignore,
  rulesKnown: ignore,
  sessions: ignore,
  streams: ignore,
  upstreamRestarted: ignore,
  approvalsPending: ignore,
  frozen: ignore,
  adminRefused: ignore,
  auditDropped: ignore,
  pointsLost: ignore,
  refreshWith: ignore,
  seriesCount: () => 0,
  source: { families: [], refresh: ignore, processMetrics: async () => [] },
  render: async () => ({ contentType: "text/plain", pieces: [], body: "" }),
};
