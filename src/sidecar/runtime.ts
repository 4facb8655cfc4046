/** The parts of every sidecar, whatever its transport: policies, limit counters, telemetry, control and enforcement. */

import type { PolicySet } from "../config/files/policy-set.ts";
import type { Settings } from "../config/settings/settings.ts";
import type { MessageBounds } from "../json/message-bounds.ts";
import type { Clock } from "../enforcement/clock.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Log } from "../telemetry/logging/log.ts";
import { ServerNotifications } from "../proxy/relay/http/server-notifications.ts";
import { type Control, createControl } from "./control/control.ts";
import { openControlFiles } from "./control/control-files.ts";
import { buildEnforcement, type Enforcement } from "./enforcement.ts";
import { type LimitCounters, openLimitCounters } from "./limit-counters.ts";
import type { OpenTelemetry } from "./open-telemetry.ts";
import { type ActivePolicies, followPolicies, limitsOf, openPolicies } from "./policy-reload.ts";

export interface Runtime {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly policies: ActivePolicies;
  readonly counters: LimitCounters;
  readonly enforcement: Enforcement;
  readonly control: Control;
  readonly messageBounds: MessageBounds;
  /** Streams that clients hold open; a reload sends them tools/list_changed. */
  readonly serverStreams: ServerNotifications;
  /** Stops following files and closes the limit store; no call may be decided afterwards. Telemetry stays open. */
  readonly stop: () => void;
}

export interface RuntimeOptions {
  readonly clock: Clock;
  /** Agents that always have a label value of their own. */
  readonly agents: readonly string[];
  readonly open: OpenTelemetry;
}

/** Reads every file, opens the store, and follows both from then on. @throws StartError when a policy is invalid, or the audit log cannot be written. */
export async function buildRuntime(
  settings: Settings,
  { clock, agents, open }: RuntimeOptions,
): Promise<Runtime> {
  const file = openPolicies(settings);
  const files = openControlFiles(settings);
  const counters = await openLimitCounters(settings, clock, () => telemetry);
  const telemetry = await open(settings, agents, () => counters.read(limitsOf(file.current())));
  const control = createControl(settings, telemetry, {
    files,
    clock,
    store: counters.store,
    policies: file.current,
  });
  const enforcement = buildEnforcement(file.current, { telemetry, counters, control, clock });
  const serverStreams = new ServerNotifications();
  const { tools } = enforcement;
  const policies = followPolicies(file, { telemetry, tools, serverStreams, counters, clock });
  await counters.start();
  await control.start();
  const stop = (): void => {
    policies.stop();
    control.stop();
    counters.close();
  };
  const { message: messageBounds } = settings.bounds;
  return { clock, telemetry, policies, counters, enforcement, control, messageBounds, serverStreams, stop };
}

/** Handles SIGHUP: reads every file at once and reopens the audit log. Never throws: a failure is logged, and the previous version stays in use. */
export function reload({ policies, control, telemetry }: Runtime): void {
  policies.poll();
  control.poll();
  const failure = telemetry.reopenAudit();
  if (failure === undefined) telemetry.log.info("audit log reopened");
  else
    telemetry.log.error({ err: failure }, "the audit log could not be reopened; the old file stays in use");
}

/** Logs the policies in force at the start, and warns when nothing is enforced. */
export function logStart(log: Log, { all }: PolicySet, fields: Readonly<Record<string, unknown>>): void {
  const digests = all.map((policy) => policy.digest).filter(Boolean);
  log.info({ ...fields, policies: digests }, "tollgate is up");
  if (digests.length === 0) log.warn("no policy: every call is allowed and observed; give one with --policy");
  if (all.some((policy) => policy.mode === "shadow"))
    log.warn("shadow mode: calls that the policy denies are counted, and forwarded");
}
