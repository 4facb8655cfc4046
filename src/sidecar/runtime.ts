/** The parts of every sidecar, whatever its transport: policies, limit counters, telemetry, control and enforcement. */

import type { PolicySet } from "../config/files/policy-set.ts";
import type { WatchedFile } from "../config/files/watched-file.ts";
import type { Settings } from "../config/settings/settings.ts";
import type { MessageBounds } from "../json/message-bounds.ts";
import type { Clock } from "../enforcement/clock.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Log } from "../telemetry/logging/log.ts";
import type { StateNotes } from "../proxy/sessions/state-notes.ts";
import { ServerNotifications } from "../proxy/relay/http/server-notifications.ts";
import { type Control, createControl } from "./control/control.ts";
import { openControlFiles } from "./control/control-files.ts";
import { buildEnforcement, type Enforcement } from "./enforcement.ts";
import { type LimitCounters, openLimitCounters, type OpenLimitCounters } from "./limit-counters.ts";
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
  /** Of a worker; absent in a sidecar of one process. */
  readonly worker?: WorkerParts;
}

/** The parts that a worker has in common with the other workers of its sidecar. */
export interface WorkerParts {
  readonly notes: StateNotes;
  /** See `OpenUpstream`. */
  readonly loopToken: string;
}

/** The parts that a process of several does not open for itself. */
export interface ProcessParts {
  readonly policies: WatchedFile<PolicySet>;
  readonly openCounters: OpenLimitCounters;
  readonly worker?: WorkerParts;
}

export interface RuntimeOptions {
  readonly parts?: ProcessParts;
  readonly clock: Clock;
  /** Agents that always have a label value of their own. */
  readonly agents: readonly string[];
  readonly open: OpenTelemetry;
}

/** Reads every file, opens the store, and follows both from then on. @throws StartError when a policy is invalid, or the audit log cannot be written. */
export async function buildRuntime(
  settings: Settings,
  { clock, agents, open, parts }: RuntimeOptions,
): Promise<Runtime> {
  const file = parts?.policies ?? openPolicies(settings);
  const files = openControlFiles(settings);
  const openCounters = parts?.openCounters ?? openLimitCounters;
  const counters = await openCounters(settings, clock, () => telemetry);
  const telemetry = await open(settings, agents, () => counters.read(limitsOf(file.current())));
  const control = createControl(settings, telemetry, {
    files,
    clock,
    store: counters.store,
    policies: file.current,
  });
  const worker = parts?.worker;
  const notes = worker?.notes;
  const enforcement = buildEnforcement(file.current, { telemetry, counters, control, clock, notes });
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
  return {
    clock,
    telemetry,
    policies,
    counters,
    enforcement,
    control,
    messageBounds,
    serverStreams,
    stop,
    ...(worker && { worker }),
  };
}

/** Handles SIGHUP: reads every file at once and reopens the audit log. Never throws: a failure is logged, and the previous version stays in use. */
export function reload({ policies, control, telemetry }: Runtime): void {
  policies.poll();
  void control.poll();
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
