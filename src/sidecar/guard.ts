/** What stands between the listeners and the upstream: the relay with everything it asks. */

import type { PolicySet } from "../config/policy-set.ts";
import type { Settings } from "../config/settings.ts";
import type { Clock } from "../enforcement/clock.ts";
import { createEnforcer } from "../enforcement/enforce.ts";
import { type Agent, principalOf } from "../enforcement/request.ts";
import type { Policy } from "../policy/compile.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { OpenStreams } from "../transport/answer-http.ts";
import { HttpRelay } from "../transport/exchange-http.ts";
import { agentHeader } from "../transport/identity/agent-header.ts";
import { Places } from "../transport/places.ts";
import { createRequestIds } from "../transport/request-ids.ts";
import { createServerRequests } from "../transport/server-requests.ts";
import { ServerStreams } from "../transport/server-streams.ts";
import { Sessions } from "../transport/session.ts";
import { TaskOwners } from "../transport/task-owners.ts";
import { Tasks } from "../transport/tasks.ts";
import { ToolList } from "../transport/tool-list.ts";
import { type UpstreamHealth, watchUpstream } from "../transport/upstream-health.ts";
import { UpstreamHttp } from "../transport/upstream-http.ts";
import type { Control } from "./control.ts";
import type { BuiltIdentity } from "./identity.ts";
import { type Isolation, watchIsolation } from "./isolation.ts";
import type { Counting } from "./limits.ts";
import { reportTools } from "./report-tools.ts";

export interface Guard {
  readonly relay: HttpRelay;
  readonly sessions: Sessions;
  readonly streams: OpenStreams;
  readonly serverStreams: ServerStreams;
  readonly tools: ToolList;
  readonly health: UpstreamHealth;
  readonly isolation: Isolation;
  readonly close: () => void;
}

interface Measured extends Pick<Counting, "counters" | "shared"> {
  readonly control: Control;
  readonly identity: BuiltIdentity;
  readonly clock: Clock;
}

export function buildGuard(
  settings: Settings,
  policies: () => PolicySet,
  {
    log,
    metrics,
    observer,
    propagate,
    counters,
    shared,
    clock,
    identity,
    control: { approvals, freezes },
  }: Telemetry & Measured,
): Guard {
  const { upstream: url, bounds } = settings;
  const { all } = policies();
  metrics.policiesLoaded(all, clock.wallMs());
  metrics.rulesKnown(all.flatMap((policy) => policy.rules));
  const sessions = new Sessions(clock.wallMs, { inAll: bounds.sessions, perAgent: bounds.sessionsPerAgent });
  const streams = { open: 0 };
  const tasks = new Tasks(clock.steadyMs);
  const serverStreams = new ServerStreams();
  const tools = new ToolList({
    policies: all,
    onListed: (listed) => {
      observer.toolsListed(listed);
      if (listed.isNew) reportTools(tools, policies().all, { log, metrics });
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
  const isolation = watchIsolation(settings, { log, metrics });
  const health = watchUpstream({
    url,
    onChange: (isUp) => {
      metrics.upstreamUp(isUp);
      if (isUp) void isolation.check();
      log.info({ upstream: url.href, up: isUp }, "upstream changed");
    },
  });
  const onFailure = (error: unknown): void => log.error({ err: error }, "a call could not be judged");
  const policyFor = (agent: Agent): Policy | undefined => policies().forAgent(principalOf(agent));
  const relay = new HttpRelay({
    upstream,
    sessions,
    taskOwners: new TaskOwners(clock.wallMs),
    streams,
    serverStreams,
    requests: new Places({ inAll: bounds.requests, perAgent: bounds.requestsPerAgent }),
    openStreams: new Places({ inAll: bounds.streams, perAgent: bounds.streamsPerAgent }),
    tasks,
    tools,
    policyFor,
    enforcer: createEnforcer({ policyFor, counters, shared, approvals, freezes, clock, onFailure }),
    observer,
    propagate,
    serverRequests: createServerRequests(settings.mode === "shadow" ? {} : settings.serverRequests),
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
    tasks.closeAll();
    upstream.close();
  };
  return { relay, sessions, streams, serverStreams, tools, health, isolation, close };
}
