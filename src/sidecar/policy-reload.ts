/** The policies in force: read at the start, and replaced together when one of their files changes. */

import { parsePolicies, policyPaths, type PolicySet } from "../config/files/policy-set.ts";
import type { Settings } from "../config/settings/settings.ts";
import { openWatchedFile, type WatchedFile } from "../config/files/watched-file.ts";
import type { Clock } from "../enforcement/clock.ts";
import { callerOf } from "../enforcement/request.ts";
import { ALLOW_ALL } from "../policy/document/compile.ts";
import { type ToolView, toolView } from "../policy/tool-view.ts";
import type { Limit } from "../policy/limit.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { ServerNotifications } from "../proxy/relay/http/server-notifications.ts";
import type { ToolCatalog } from "../proxy/tools/tool-catalog.ts";
import type { LimitCounters } from "./limit-counters.ts";
import { reportTools } from "./tools/report-tools.ts";
import { BAD_POLICY, StartError } from "./start-error.ts";

/** Called with the bytes of valid policies, before they come into force. */
export type OnParsedPolicies = (policies: PolicySet, bytes: readonly Buffer[]) => void;

/** Reads all policy files that the settings name. @throws StartError when one is unreadable or invalid. */
export function openPolicies(settings: Settings, onParsed?: OnParsedPolicies): WatchedFile<PolicySet> {
  const opened = openWatchedFile({
    paths: policyPaths(settings),
    parse: (...bytes) => {
      const parsed = parsePolicies(settings, ALLOW_ALL, bytes);
      if (!parsed.ok) return parsed;
      onParsed?.(parsed.policies, bytes);
      return { ok: true, value: parsed.policies };
    },
  });
  if (!opened.ok) throw new StartError(opened.problems, BAD_POLICY);
  return opened.file;
}

export function limitsOf({ all }: PolicySet): Limit[] {
  return all.flatMap((policy) => policy.limits);
}

/** The parts that a reload updates. */
interface ReloadParts {
  readonly telemetry: Telemetry;
  readonly tools: ToolCatalog;
  readonly serverStreams: ServerNotifications;
  readonly counters: LimitCounters;
  readonly clock: Clock;
}

export interface ActivePolicies extends Pick<WatchedFile<PolicySet>, "current" | "problems" | "poll"> {
  /** When the policies in force were loaded, in ms since the epoch. */
  readonly loadedAtMs: () => number;
  /** Stops following the files. */
  readonly stop: () => void;
}

/** Follows the files from now on; a version with a problem is logged and counted, and the previous one stays in force. */
export function followPolicies(file: WatchedFile<PolicySet>, parts: ReloadParts): ActivePolicies {
  const { telemetry, clock } = parts;
  const { current, problems, poll } = file;
  let previous = current();
  let loadedAtMs = clock.wallMs();
  const stop = file.start({
    onChanged: (policies) => {
      loadedAtMs = clock.wallMs();
      applyPolicies(previous, policies, parts);
      previous = policies;
    },
    onProblems: (found) => {
      telemetry.metrics.policyRejected();
      telemetry.log.error(
        { problems: found },
        "the policy was not reloaded; the last good one stays in force",
      );
    },
  });
  return { current, problems, poll, loadedAtMs: () => loadedAtMs, stop };
}

function applyPolicies(before: PolicySet, after: PolicySet, parts: ReloadParts): void {
  const { telemetry, tools, serverStreams, counters, clock } = parts;
  const { all } = after;
  counters.retain(limitsOf(after));
  telemetry.metrics.policiesLoaded(all, clock.wallMs());
  telemetry.metrics.rulesKnown(all.flatMap((policy) => policy.rules));
  const streams = serverStreams.notifyToolsChanged((agent) => {
    const caller = callerOf({ agent });
    const viewBy = (policies: PolicySet): ToolView | undefined =>
      toolView(policies.forCaller(caller), caller);
    return seesDifferentTools(viewBy(before), viewBy(after), tools);
  });
  tools.usePolicies(all);
  reportTools(tools, all, telemetry);
  const digests = all.map(({ digest }) => digest);
  telemetry.observer.controlled({
    atMs: clock.wallMs(),
    action: "reload",
    by: "tollgate",
    policies: digests,
  });
  telemetry.log.info({ policies: digests, streams }, "policy reloaded");
}

/** Whether two views hide different tools; never before the server has listed its tools. */
function seesDifferentTools(
  before: ToolView | undefined,
  after: ToolView | undefined,
  tools: ToolCatalog,
): boolean {
  return tools.definitions().some(({ name }) => tools.isHidden(name, before) !== tools.isHidden(name, after));
}
