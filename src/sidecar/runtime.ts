/** What every sidecar stands on, whatever carries its messages: policies, limits, telemetry, control, and what judges by them. */

import type { PolicySet } from "../config/files/policy-set.ts";
import type { Settings } from "../config/settings/settings.ts";
import type { WatchedFile } from "../config/files/watched-file.ts";
import type { Clock } from "../enforcement/clock.ts";
import type { LimitReadings } from "../enforcement/limits/limit-usage.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Log } from "../telemetry/logging/log.ts";
import { ServerNotifications } from "../proxy/relay/server-notifications.ts";
import { type Control, createControl } from "./control/control.ts";
import { openControlFiles } from "./control/control-files.ts";
import { createHangUp } from "./sighup.ts";
import { buildEnforcement, type Enforcement } from "./enforcement.ts";
import { openLimitCounters } from "./limit-counters.ts";
import type { OpenTelemetry } from "./open-telemetry.ts";
import { followPolicies, limitsOf, openPolicies, type PolicyWatch } from "./policy-reload.ts";
import { BAD_POLICY, StartError } from "./start-error.ts";

export interface Runtime extends Omit<Telemetry, "close">, Enforcement {
  readonly clock: Clock;
  readonly policies: WatchedFile<PolicySet>;
  readonly control: Control;
  /** Streams that clients hold open, which hear when their tools have changed. */
  readonly serverStreams: ServerNotifications;
  readonly watch: PolicyWatch;
  readonly readLimits: () => LimitReadings;
  /** What SIGHUP asks for. */
  readonly reload: () => void;
  /** Stops following files and closes the limit store; nothing may be judged after it. */
  readonly stop: () => void;
  /** Writes what telemetry still holds. */
  readonly close: () => Promise<void>;
}

export interface GroundOptions {
  readonly clock: Clock;
  /** Names that are labels always. */
  readonly agents: readonly string[];
  readonly open: OpenTelemetry;
}

/** @throws StartError when the policy is bad, or the audit log cannot be written. */
export async function buildRuntime(
  settings: Settings,
  { clock, agents, open }: GroundOptions,
): Promise<Runtime> {
  const policies = policiesOf(settings);
  const files = openControlFiles(settings);
  const counting = await openLimitCounters(settings, clock, () => telemetry);
  const readLimits = (): LimitReadings => counting.read(limitsOf(policies.current()));
  const telemetry = await open(settings, agents, readLimits);
  const control = createControl(settings, telemetry, { files, clock, store: counting.store });
  const judging = buildEnforcement(policies.current, { ...telemetry, ...counting, control, clock });
  const serverStreams = new ServerNotifications();
  const watch = followPolicies(policies, {
    ...telemetry,
    ...judging,
    serverStreams,
    retain: counting.retain,
    nowMs: clock.wallMs,
  });
  await counting.start();
  await control.start();
  const stop = (): void => {
    watch.stop();
    control.stop();
    counting.close();
  };
  const reload = createHangUp(telemetry, () => {
    watch.poll();
    control.poll();
  });
  const followed = { policies, watch, readLimits, reload, stop };
  return { ...telemetry, ...judging, ...followed, clock, control, serverStreams };
}

function policiesOf(settings: Settings): WatchedFile<PolicySet> {
  const opened = openPolicies(settings);
  if (!opened.ok) throw new StartError(opened.problems, BAD_POLICY);
  return opened.file;
}

/** Says at the start what is in force, and what is loose about it. */
export function logStart(log: Log, { all }: PolicySet, about: Readonly<Record<string, unknown>>): void {
  const digests = all.map((policy) => policy.digest).filter(Boolean);
  log.info({ ...about, policies: digests }, "tollgate is up");
  if (digests.length === 0) log.warn("no policy: every call is allowed and observed; give one with --policy");
  if (all.some((policy) => policy.mode === "shadow"))
    log.warn("shadow mode: what the policy denies is counted, and passes");
}
