/** What stands between the listeners and the upstream: the relay with everything it asks. */

import type { PolicySet } from "../config/policy-set.ts";
import type { Settings } from "../config/settings.ts";
import type { Clock } from "../enforcement/clock.ts";
import type { Counters } from "../enforcement/counters.ts";
import { createEnforcer } from "../enforcement/enforce.ts";
import { type Agent, principalOf } from "../enforcement/request.ts";
import type { Policy } from "../policy/compile.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { OpenStreams } from "../transport/answer-http.ts";
import { HttpRelay } from "../transport/exchange-http.ts";
import { agentHeader } from "../transport/identity/agent-header.ts";
import { createRequestIds } from "../transport/request-ids.ts";
import { Sessions } from "../transport/session.ts";
import { TaskOwners } from "../transport/task-owners.ts";
import { ToolList } from "../transport/tool-list.ts";
import { type UpstreamHealth, watchUpstream } from "../transport/upstream-health.ts";
import { UpstreamHttp } from "../transport/upstream-http.ts";
import type { BuiltIdentity } from "./identity.ts";
import { reportTools } from "./report-tools.ts";

export interface Guard {
  readonly relay: HttpRelay;
  readonly sessions: Sessions;
  readonly streams: OpenStreams;
  readonly tools: ToolList;
  readonly health: UpstreamHealth;
  readonly close: () => void;
}

interface Measured {
  readonly identity: BuiltIdentity;
  readonly counters: Counters;
  readonly clock: Clock;
}

export function buildGuard(
  settings: Settings,
  { all, forAgent }: PolicySet,
  { log, metrics, observer, propagate, counters, clock, identity }: Telemetry & Measured,
): Guard {
  const { upstream: url, bounds } = settings;
  metrics.policiesLoaded(all, clock.wallMs());
  metrics.rulesKnown(all.flatMap((policy) => policy.rules));
  const sessions = new Sessions(clock.wallMs);
  const streams = { open: 0 };
  const tools = new ToolList({
    policies: all,
    onListed: (listed) => {
      observer.toolsListed(listed);
      if (listed.isNew) reportTools(tools, all, { log, metrics });
      for (const { tool, grade } of listed.changes) {
        metrics.toolChanged(tool, grade);
        log.warn({ tool, grade }, "the server has changed a tool");
      }
    },
  });
  metrics.toolsKnown(tools.known(all));
  const upstream = new UpstreamHttp({
    url,
    connectMs: bounds.upstreamConnectMs,
    idleMs: bounds.upstreamIdleMs,
  });
  const health = watchUpstream({
    url,
    onChange: (isUp) => {
      metrics.upstreamUp(isUp);
      log.info({ upstream: url.href, up: isUp }, "upstream changed");
    },
  });
  const onFailure = (error: unknown): void => log.error({ err: error }, "a call could not be judged");
  const policyFor = (agent: Agent): Policy | undefined => forAgent(principalOf(agent));
  const relay = new HttpRelay({
    upstream,
    sessions,
    tasks: new TaskOwners(clock.wallMs),
    streams,
    tools,
    policyFor,
    enforcer: createEnforcer({ policyFor, counters, clock, onFailure }),
    observer,
    propagate,
    identity: identity.identity,
    challenge: identity.challenge,
    tellAgent: agentHeader(settings.identity.upstreamHeader),
    clock,
    nextId: createRequestIds(),
    filterList: (agent, text, isFirstPage) => tools.filter(text, policyFor(agent), isFirstPage),
    listBytes: bounds.listBytes,
    withheldHeaders: identity.withheldHeaders,
  });
  const close = (): void => {
    health.stop();
    sessions.closeAll();
    upstream.close();
  };
  return { relay, sessions, streams, tools, health, close };
}
