/** The composition root of a wrapped stdio server: everything but the two pipes, which `wrapped-session.ts` has. */

import { createAdminListener } from "./admin-listener.ts";
import type { Settings } from "../config/settings/settings.ts";
import { type Clock, SYSTEM_CLOCK } from "../enforcement/clock.ts";
import { boundedStderr } from "../telemetry/logging/non-blocking-stderr.ts";
import { closeListener } from "../proxy/http/listener.ts";
import { adminSources } from "./admin-sources.ts";
import { logStart, buildRuntime } from "./runtime.ts";
import { telemetryLoggingTo } from "./open-telemetry.ts";
import { upstreamDownReason } from "./open-upstream.ts";
import { takeStdout } from "./reserve-stdout.ts";
import { adminTokenOf } from "./identity/credentials.ts";
import { bind } from "./start-error.ts";
import { openStdioSession, type StdioSettings } from "./stdio-session.ts";

export interface StdioSidecar {
  /** The admin listener, without a slash at the end. */
  readonly adminUrl: string;
  /** Resolves with the server's exit code when it has ended and everything is written. */
  readonly ended: Promise<number>;
  /** What SIGHUP asks for: files are read at once, and the audit log is let go of and begun anew. */
  readonly reload: () => void;
  /** Ends the server and all it started, sooner than clients kill. */
  readonly stop: () => void;
}

/** Who calls when nobody said so: whoever started us. */
const LOCAL = "local";

export function isStdio(settings: Settings): settings is Settings & Pick<StdioSettings, "upstream"> {
  return settings.upstream.kind === "stdio" && settings.listen === undefined;
}

/** Starts the server and serves the client at stdin and stdout. @throws StartError when the policy is bad, or the server, an address or a file cannot be had. */
export async function startStdioSidecar(
  given: Settings & Pick<StdioSettings, "upstream">,
  clock: Clock = SYSTEM_CLOCK,
): Promise<StdioSidecar> {
  const settings = { ...given, agent: given.agent ?? LOCAL };
  const adminToken = adminTokenOf(settings);
  const pipes = { stdout: takeStdout(), stderr: boundedStderr() };
  const open = telemetryLoggingTo(pipes.stderr);
  const ground = await buildRuntime(settings, { clock, agents: [settings.agent], open });
  const state = { isDraining: false, isUp: false };
  const notReadyBecause = (): string[] => [
    ...(state.isDraining ? ["the sidecar is draining"] : []),
    ...(state.isUp ? [] : [upstreamDownReason(settings.upstream)]),
  ];
  const shown = { sessions: { size: 1 }, streams: { open: 0 }, adminToken, notReadyBecause };
  const admin = createAdminListener(adminSources(settings, ground, shown), ground.log);
  const close = async (): Promise<void> => {
    ground.stop();
    await closeListener(admin, 0);
    await ground.close();
  };
  try {
    const adminUrl = await bind(admin, settings.admin, "--admin");
    const session = await openStdioSession(settings, { ...ground, ...pipes, state });
    const { command } = settings.upstream;
    logStart(ground.log, ground.policies.current(), { adminUrl, command, server: settings.server });
    return { adminUrl, reload: ground.reload, stop: session.stop, ended: session.ended.finally(close) };
  } catch (error) {
    await close();
    throw error;
  }
}
