/** The composition root of a wrapped stdio server: everything but the two pipes, which `wrapped-session.ts` has. */

import { createAdmin } from "../admin.ts";
import type { Settings } from "../config/settings.ts";
import { type Clock, SYSTEM_CLOCK } from "../enforcement/clock.ts";
import { Counters } from "../enforcement/counters.ts";
import { readLimits } from "../enforcement/limit-readings.ts";
import { bind, digestsOf, openTelemetry, policiesOf, warnOfPolicies } from "../sidecar.ts";
import { boundedStderr } from "../telemetry/bounded-stderr.ts";
import { closeListener } from "../transport/listener.ts";
import { adminSources } from "./admin-sources.ts";
import { buildJudging } from "./judging.ts";
import { takeStdout } from "./own-stdout.ts";
import { openSession, type WrapSettings } from "./wrapped-session.ts";

export interface Wrap {
  /** The admin listener, without a slash at the end. */
  readonly adminUrl: string;
  /** Resolves with the server's exit code when it has ended and everything is written. */
  readonly ended: Promise<number>;
  /** Ends the server and all it started, sooner than clients kill. */
  readonly stop: () => void;
}

/** Who calls when nobody said so: whoever started us. */
const LOCAL = "local";

export function isWrap(settings: Settings): settings is Settings & Pick<WrapSettings, "upstream"> {
  return settings.upstream.kind === "stdio" && settings.listen === undefined;
}

/** Starts the server and serves the client at stdin and stdout. @throws StartError when the policy is bad, or the server, an address or a file cannot be had. */
export async function startWrap(
  given: Settings & Pick<WrapSettings, "upstream">,
  clock: Clock = SYSTEM_CLOCK,
): Promise<Wrap> {
  const settings = { ...given, agent: given.agent ?? LOCAL };
  const policies = policiesOf(settings);
  const pipes = { stdout: takeStdout(), stderr: boundedStderr() };
  const counters = new Counters();
  const limits = policies.all.flatMap((policy) => policy.limits);
  const readings = () => readLimits(counters, limits, clock.wallMs());
  const telemetry = await openTelemetry(settings, readings, pipes.stderr);
  const judging = buildJudging(policies, { ...telemetry, counters, clock });
  const state = { isDraining: false, isUp: false };
  const shown = { sessions: { size: 1 }, streams: { open: 0 }, health: { isUp: () => state.isUp }, state };
  const admin = createAdmin(adminSources(settings, policies, { ...telemetry, ...judging, ...shown }));
  const close = async (): Promise<void> => {
    await closeListener(admin, 0);
    await telemetry.close();
  };
  try {
    const adminUrl = await bind(admin, settings.admin, "--admin");
    const session = await openSession(settings, { ...telemetry, ...judging, ...pipes, clock, state });
    const { command } = settings.upstream;
    const about = { adminUrl, command, server: settings.server, policies: digestsOf(policies.all) };
    telemetry.log.info(about, "tollgate is up");
    warnOfPolicies(telemetry.log, policies.all);
    return { adminUrl, stop: session.stop, ended: session.ended.finally(close) };
  } catch (error) {
    await close();
    throw error;
  }
}
