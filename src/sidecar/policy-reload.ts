/** The policies in force: read at the start, read again when their files change, and put in force all at once. */

import { parsePolicies, policyPaths, type PolicySet } from "../config/files/policy-set.ts";
import type { Settings } from "../config/settings/settings.ts";
import { openWatched, type Watched, type WatchedFile } from "../config/files/watched-file.ts";
import { type Agent, principalOf } from "../enforcement/request.ts";
import { ALLOW_ALL } from "../policy/document/compile.ts";
import type { Policy } from "../policy/policy.ts";
import type { Limit } from "../policy/limit.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { ServerNotifications } from "../proxy/relay/server-notifications.ts";
import type { ToolCatalog } from "../proxy/tools/tool-catalog.ts";
import { reportTools } from "./report-tools.ts";

export function openPolicies(settings: Settings): Watched<PolicySet> {
  return openWatched({
    paths: policyPaths(settings),
    parse: (...bytes) => {
      const parsed = parsePolicies(settings, ALLOW_ALL, bytes);
      return parsed.ok ? { ok: true, value: parsed.policies } : parsed;
    },
  });
}

export function limitsOf({ all }: PolicySet): Limit[] {
  return all.flatMap((policy) => policy.limits);
}

/** What a reload touches. */
export interface ReloadParts extends Pick<Telemetry, "log" | "metrics"> {
  readonly tools: ToolCatalog;
  readonly serverStreams: ServerNotifications;
  readonly retain: (limits: readonly Limit[]) => void;
  readonly nowMs: () => number;
}

export interface PolicyWatch {
  /** Looks now. */
  readonly poll: () => void;
  /** When the policies in force were loaded, in ms since the epoch. */
  readonly loadedAtMs: () => number;
  readonly stop: () => void;
}

/** Follows the files from now on. */
export function followPolicies(file: WatchedFile<PolicySet>, parts: ReloadParts): PolicyWatch {
  let previous = file.current();
  let loadedAtMs = parts.nowMs();
  const onChanged = (policies: PolicySet): void => {
    loadedAtMs = parts.nowMs();
    putInForce(previous, policies, parts);
    previous = policies;
  };
  const onProblems = (problems: readonly string[]): void => {
    parts.metrics.policyRejected();
    parts.log.error({ problems }, "the policy was not reloaded; the last good one stays in force");
  };
  const stop = file.start({ onChanged, onProblems });
  return { poll: file.poll, loadedAtMs: () => loadedAtMs, stop };
}

function putInForce(previous: PolicySet, policies: PolicySet, parts: ReloadParts): void {
  const { tools, metrics, log, retain, nowMs, serverStreams } = parts;
  const { all } = policies;
  retain(limitsOf(policies));
  metrics.policiesLoaded(all, nowMs());
  metrics.rulesKnown(all.flatMap((policy) => policy.rules));
  const seesOtherTools = (agent: Agent): boolean => seesOther(previous, policies, tools, principalOf(agent));
  const told = serverStreams.notifyToolsChanged(seesOtherTools);
  tools.usePolicies(all);
  reportTools(tools, all, parts);
  log.info({ policies: all.map(({ digest }) => digest), streams: told }, "policy reloaded");
}

/** Whether the agent's list of tools is another than before; before the server has listed any it has seen none. */
function seesOther(before: PolicySet, after: PolicySet, tools: ToolCatalog, principal: string): boolean {
  const [old, young] = [before.forAgent(principal), after.forAgent(principal)];
  const isHidden = (name: string, policy: Policy | undefined): boolean =>
    policy === undefined || policy.isHidden(name, tools.categoryOf(name, policy));
  return tools.definitions().some(({ name }) => isHidden(name, old) !== isHidden(name, young));
}
