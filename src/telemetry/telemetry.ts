/** Joins log, metrics, traces, audit log and the latest decisions behind one observer. */

import { SYSTEM_CLOCK } from "../enforcement/clock.ts";
import { combineObservers, type Observer, type Propagate } from "../enforcement/observer.ts";
import type { Request } from "../enforcement/request.ts";
import type { Transport } from "../mcp/vocabulary.ts";
import { type Activity, createActivity } from "./recent/activity.ts";
import { type Audit, type AuditOptions, openAudit } from "./audit/audit.ts";
import { createLossReport, lossCauseOf } from "./audit/audit-loss.ts";
import { type Capture, type CaptureRule, createCapture } from "./audit/capture.ts";
import type { LineSink } from "./logging/non-blocking-stderr.ts";
import { createDecisions, type Decisions } from "./recent/decision-buffer.ts";
import { createLog, type Log, type LogFormat, type LogLevel } from "./logging/log.ts";
import { createLogObserver } from "./logging/log-observer.ts";
import type { BucketOverrides } from "./metrics/registry.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import type { LimitReadings } from "../enforcement/limits/limit-usage.ts";
import { quietLogger, type TraceLog } from "./tracing/quiet-logger.ts";
import { startTraces, type Traces } from "./tracing/traces.ts";

export interface TelemetryOptions {
  readonly server: string;
  readonly version: string;
  /** Agents that the configuration names; each always has a label value of its own. */
  readonly agents: readonly string[];
  /** Below this confidence a tool's category is `unknown` in metrics; absent: 0.7. */
  readonly minLabelConfidence?: number;
  /** Whether the metrics of calls and denials have a label `user`. */
  readonly hasUserLabel?: boolean;
  readonly log: {
    readonly level: LogLevel;
    readonly format: LogFormat;
    /** Absent means stderr. */
    readonly destination?: LineSink;
  };
  /** Path, open descriptor or receiver of the audit log; absent when it is off. */
  readonly audit?: AuditOptions["target"];
  /** Bounds of histograms that differ from the metric table. */
  readonly buckets: BucketOverrides;
  /** Whether histograms keep native buckets beside the classic ones. */
  readonly hasNativeHistograms: boolean;
  /** Whether each audit record is linked to the one before it. */
  readonly isAuditChained: boolean;
  /** Argument values to record in the audit log and with the latest decisions. */
  readonly capture: readonly CaptureRule[];
  /** Decisions that are remembered for the console. */
  readonly maxDecisions: number;
  readonly upstreamTransport: Transport;
  /** Absent for a server over stdio. */
  readonly upstreamUrl?: URL | undefined;
  readonly readLimits: () => LimitReadings;
  /** The trace id of a request that another process traces; absent: none does. */
  readonly traceIdOf?: (request: Request) => string | undefined;
  /** Environment variables; OTEL_* configures traces. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Telemetry {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly decisions: Decisions;
  readonly activity: Activity;
  readonly observer: Required<Observer>;
  readonly propagate: Propagate;
  /** Reopens the audit log by its path, after a rotation. Returns the error when that fails; the old file stays in use. */
  readonly reopenAudit: () => Error | undefined;
  /** Writes pending audit records and exports pending spans; takes 3 seconds at most. */
  readonly close: () => Promise<void>;
}

/** Starts all of telemetry. @throws Error of node:fs when the audit log cannot be opened. */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const log = createLog(options.log);
  let traces: Traces | undefined;
  const traceIdOf = (request: Request): string | undefined =>
    traces?.traceIdOf(request) ?? options.traceIdOf?.(request);
  const metrics = createMetrics({ ...options, nodeVersion: process.version, traceIdOf });
  const capture = createCapture(options.capture);
  const audit = openAuditLog(options, { traceIdOf, capture }, { metrics, log });
  const decisions = createDecisions({ capacity: options.maxDecisions, traceIdOf, capture });
  const activity = createActivity({ nowMs: SYSTEM_CLOCK.wallMs });
  traces = await startTraces({
    ...options,
    log: boundLog(log),
    onSpansLost: metrics.spansLost,
    onPointsLost: metrics.pointsLost,
    metrics: metrics.source,
    random: Math.random,
    now: () => performance.timeOrigin + performance.now(),
  });
  const logObserver = createLogObserver({ log, traceIdOf, now: SYSTEM_CLOCK.wallMs });
  const consoleObservers = [decisions.observer, activity.observer];
  // Invariant: traces come first, since the others record the trace id.
  const observers = [traces?.observer, metrics.observer, audit?.observer, ...consoleObservers, logObserver];
  const observer = combineObservers(
    observers.filter((each) => each !== undefined),
    (error) => log.error({ err: error }, "an observer failed"),
  );
  const close = async (): Promise<void> => {
    await audit?.close();
    await traces?.shutdown();
  };
  const propagate: Propagate = (request) => traces?.propagate(request);
  const reopenAudit = (): Error | undefined => audit?.reopen();
  return { log, metrics, decisions, activity, observer, propagate, reopenAudit, close };
}

function openAuditLog(
  { audit: target, server, isAuditChained: isChained }: TelemetryOptions,
  context: { readonly traceIdOf: (request: Request) => string | undefined; readonly capture: Capture },
  { metrics, log }: { readonly metrics: Metrics; readonly log: Log },
): Audit | undefined {
  if (target === undefined) return undefined;
  const file = nameOfTarget(target);
  const loss = createLossReport((records, reason) =>
    log.error({ file, records, reason }, "audit records were lost"),
  );
  const audit = openAudit({
    target,
    server,
    isChained,
    ...context,
    exportLog: quietLogger(boundLog(log), Date.now, "sending audit records has a problem"),
    onDropped: (records, error) => {
      metrics.auditDropped(records, lossCauseOf(error));
      loss.lose(records, error);
    },
    onReopened: (fate) => log.warn({ file, fate }, "the audit log was moved away and is opened again"),
  });
  return {
    ...audit,
    close: async () => {
      await audit.close();
      loss.flush();
    },
  };
}

function boundLog(log: Log): TraceLog {
  return { warn: log.warn.bind(log), error: log.error.bind(log) };
}

/** As the setting has it. */
function nameOfTarget(target: AuditOptions["target"]): string {
  if (typeof target === "number") return "-";
  if (typeof target === "string") return target;
  if (target.kind === "otlp") return "otlp";
  const place = target.transport === "unix" ? target.path : `${target.host}:${target.port}`;
  return `syslog+${target.transport}://${place}`;
}
