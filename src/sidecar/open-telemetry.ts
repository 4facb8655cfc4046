/** Starts telemetry from the settings. */

import type { Settings } from "../config/settings/settings.ts";
import { VERSION } from "../config/version.ts";
import type { LimitReadings } from "../enforcement/limits/limit-usage.ts";
import type { Request } from "../enforcement/request.ts";
import type { LineSink } from "../telemetry/logging/non-blocking-stderr.ts";
import { startTelemetry, type Telemetry, type TelemetryOptions } from "../telemetry/telemetry.ts";
import { type OtelSettings, readOtelSettings } from "../telemetry/tracing/otel-settings.ts";
import { BAD_USAGE, StartError, UNAVAILABLE } from "./start-error.ts";

interface OpenParts {
  /** Absent: the log is written synchronously. */
  readonly stderr?: LineSink;
  readonly traceIdOf?: (request: Request) => string | undefined;
}

/** Starts telemetry. Invariant: nothing in telemetry changes a decision. */
export type OpenTelemetry = (
  settings: Settings,
  /** Agents that always have a label value of their own. */
  agents: readonly string[],
  readLimits: () => LimitReadings,
) => Promise<Telemetry>;

const STDOUT = 1;
const STDERR = 2;

/** @throws StartError when the audit log cannot be written. */
export const openTelemetry: OpenTelemetry = (settings, agents, readLimits) =>
  open(settings, agents, readLimits);

/** The same, with the log written to `stderr`, which never blocks. */
export function telemetryLoggingTo(stderr: LineSink): OpenTelemetry {
  return (settings, agents, readLimits) => open(settings, agents, readLimits, { stderr });
}

/** The same for requests of workers, which trace them: no traces are made here. */
export function telemetryOfWorkers(traceIdOf: (request: Request) => string | undefined): OpenTelemetry {
  return (settings, agents, readLimits) => open(settings, agents, readLimits, { traceIdOf });
}

async function open(
  settings: Settings,
  agents: readonly string[],
  readLimits: () => LimitReadings,
  { stderr, traceIdOf }: OpenParts = {},
): Promise<Telemetry> {
  const { problems, settings: otel } = readOtelSettings(process.env);
  if (problems.length > 0) throw new StartError(problems, BAD_USAGE);
  const { server, audit, auditCapture: capture, logLevel: level, logFormat: format } = settings;
  try {
    return await startTelemetry({
      server,
      version: VERSION,
      agents: [...new Set(agents)],
      minLabelConfidence: settings.labels.minConfidence,
      hasUserLabel: settings.identity.hasUserLabel === true,
      log: { level, format, ...(stderr && { destination: stderr }) },
      ...(audit !== undefined && { audit: auditTarget(audit, settings, otel) }),
      ...settings.metrics,
      isAuditChained: settings.isAuditChained,
      capture,
      maxDecisions: settings.bounds.decisions,
      upstreamTransport: settings.upstream.kind,
      upstreamUrl: settings.upstream.kind === "http" ? settings.upstream.url : undefined,
      readLimits,
      ...(traceIdOf && { traceIdOf }),
      environment: traceIdOf === undefined ? process.env : { ...process.env, OTEL_TRACES_EXPORTER: "none" },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError([`--audit: cannot be written: ${reason}`], UNAVAILABLE);
  }
}

function auditTarget(
  audit: NonNullable<Settings["audit"]>,
  settings: Settings,
  { logsProtocol: protocol }: OtelSettings,
): TelemetryOptions["audit"] & {} {
  if (audit === "-") return standardOutput(settings);
  return typeof audit === "object" && audit.kind === "otlp"
    ? { ...audit, protocol, version: VERSION }
    : audit;
}

/** The descriptor for `--audit -`: stderr where stdout carries MCP. */
function standardOutput({ listen }: Settings): number {
  return listen === undefined ? STDERR : STDOUT;
}
