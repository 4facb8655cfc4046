/** The composition root of a sidecar that wraps a stdio server; `stdio-session.ts` joins the pipes of client and server. */

import { createAdminListener } from "./admin-listener.ts";
import type { Settings } from "../config/settings/settings.ts";
import { type Clock, SYSTEM_CLOCK } from "../enforcement/clock.ts";
import { boundedStderr } from "../telemetry/logging/non-blocking-stderr.ts";
import { closeListener } from "../proxy/http/listener.ts";
import { adminSources } from "./admin-sources.ts";
import { buildRuntime, logStart, reload } from "./runtime.ts";
import { telemetryLoggingTo } from "./open-telemetry.ts";
import { upstreamDownReason } from "./open-upstream.ts";
import { loadAdminCredentials } from "./identity/credentials.ts";
import { bind } from "./start-error.ts";
import { openStdioSession, type Pipes, type StdioSettings } from "./stdio-session.ts";

export interface StdioSidecar {
  /** The admin listener, without a slash at the end. */
  readonly adminUrl: string;
  /** Resolves with the server's exit code when the server has ended and all output is written. */
  readonly ended: Promise<number>;
  /** Handles SIGHUP: reads every file at once and reopens the audit log. */
  readonly reload: () => void;
  /** Ends the server and its child processes before the client's own timeout kills Tollgate. */
  readonly stop: () => void;
}

/** The agent's name when the settings give none: the local user's client. */
const LOCAL = "local";

/** Whether MCP comes over stdin and stdout: a command is given, and no listener. */
export function isStdio(settings: Settings): settings is Settings & Pick<StdioSettings, "upstream"> {
  return settings.upstream.kind === "stdio" && settings.listen === undefined;
}

/** Starts the server and serves the client at stdin and stdout. @throws StartError when a policy or file is invalid, an address is taken, or the server does not start. */
export async function startStdioSidecar(
  given: Settings & Pick<StdioSettings, "upstream">,
  clock: Clock = SYSTEM_CLOCK,
): Promise<StdioSidecar> {
  const settings = { ...given, agent: given.agent ?? LOCAL };
  const credentials = loadAdminCredentials(settings);
  const pipes: Pipes = { stdout: reserveStdout(), stderr: boundedStderr() };
  const open = telemetryLoggingTo(pipes.stderr);
  const runtime = await buildRuntime(settings, { clock, agents: [settings.agent], open });
  const { log, close: closeTelemetry } = runtime.telemetry;
  const state = { isDraining: false, isUp: false };
  const notReadyReasons = (): string[] => [
    ...(state.isDraining ? ["the sidecar is draining"] : []),
    ...(state.isUp ? [] : [upstreamDownReason(settings.upstream)]),
  ];
  const transport = { sessions: { size: 1 }, streams: { open: 0 }, credentials, notReadyReasons };
  const { tls } = credentials;
  const admin = createAdminListener(adminSources(settings, runtime, transport), log, tls.options);
  const stopWatch = credentials.start(admin, log);
  const close = async (): Promise<void> => {
    stopWatch();
    runtime.stop();
    await closeListener(admin, 0);
    await closeTelemetry();
  };
  try {
    const adminUrl = await bind(admin, settings.admin, "--admin", tls.scheme);
    const session = await openStdioSession(settings, runtime, { ...pipes, state });
    const { command } = settings.upstream;
    logStart(log, runtime.policies.current(), { adminUrl, command, server: settings.server });
    return {
      adminUrl,
      reload: () => reload(runtime),
      stop: session.stop,
      ended: session.ended.finally(close),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Reserves stdout for MCP, and returns its writer; any other write to stdout in this process goes to stderr. */
function reserveStdout(): typeof process.stdout.write {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return write;
}
