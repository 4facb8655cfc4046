/** Starts what observes, as the settings say. */

import type { Settings } from "../config/settings/settings.ts";
import { VERSION } from "../config/version.ts";
import type { LimitReadings } from "../enforcement/limits/limit-usage.ts";
import type { LineSink } from "../telemetry/logging/non-blocking-stderr.ts";
import { startTelemetry, type Telemetry } from "../telemetry/telemetry.ts";
import { StartError, UNAVAILABLE } from "./start-error.ts";

/** What observes; nothing that it does or leaves undone changes a decision. */
export type OpenTelemetry = (
  settings: Settings,
  /** Names that are labels always. */
  agents: readonly string[],
  readLimits: () => LimitReadings,
) => Promise<Telemetry>;

const STDOUT = 1;
const STDERR = 2;

/** @throws StartError when the audit log cannot be written. */
export const openTelemetry: OpenTelemetry = (settings, agents, readLimits) =>
  open(settings, agents, readLimits, undefined);

/** The same, with a log that does not wait for a reader. */
export function telemetryLoggingTo(stderr: LineSink): OpenTelemetry {
  return (settings, agents, readLimits) => open(settings, agents, readLimits, stderr);
}

async function open(
  settings: Settings,
  agents: readonly string[],
  readLimits: () => LimitReadings,
  stderr: LineSink | undefined,
): Promise<Telemetry> {
  const { server, audit, auditCapture: capture, logLevel: level, logFormat: format } = settings;
  try {
    return await startTelemetry({
      server,
      version: VERSION,
      agents: [...new Set(agents)],
      log: { level, format, ...(stderr && { destination: stderr }) },
      ...(audit !== undefined && { audit: audit === "-" ? standardOutput(settings) : audit }),
      capture,
      upstreamTransport: settings.upstream.kind,
      readLimits,
      environment: process.env,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError([`--audit: cannot be written: ${why}`], UNAVAILABLE);
  }
}

/** Stderr where stdout carries MCP. */
function standardOutput({ listen }: Settings): number {
  return listen === undefined ? STDERR : STDOUT;
}
