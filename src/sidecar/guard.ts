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
import { createIdentify } from "../transport/identity.ts";
import { createRequestIds } from "../transport/request-ids.ts";
import { ServerStreams } from "../transport/server-streams.ts";
import { Sessions } from "../transport/session.ts";
import { ToolList } from "../transport/tool-list.ts";
import { type UpstreamHealth, watchUpstream } from "../transport/upstream-health.ts";
import { UpstreamHttp } from "../transport/upstream-http.ts";
import type { Counting } from "./limits.ts";
import { reportTools } from "./report-tools.ts";

export interface Guard {
  readonly relay: HttpRelay;
  readonly sessions: Sessions;
  readonly streams: OpenStreams;
  readonly serverStreams: ServerStreams;
  readonly tools: ToolList;
  readonly health: UpstreamHealth;
  readonly close: () => void;
}

interface Measured extends Pick<Counting, "counters" | "shared"> {
  readonly clock: Clock;
}

export function buildGuard(
  settings: Settings,
  policies: () => PolicySet,
  { log, metrics, observer, propagate, counters, shared, clock }: Telemetry & Measured,
): Guard {
  const { upstream: url, bounds, identity } = settings;
  const { all } = policies();
  metrics.policiesLoaded(all, clock.wallMs());
  metrics.rulesKnown(all.flatMap((policy) => policy.rules));
  const sessions = new Sessions(clock.wallMs);
  const streams = { open: 0 };
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
  const health = watchUpstream({
    url,
    onChange: (isUp) => {
      metrics.upstreamUp(isUp);
      log.info({ upstream: url.href, up: isUp }, "upstream changed");
    },
  });
  const onFailure = (error: unknown): void => log.error({ err: error }, "a call could not be judged");
  const policyFor = (agent: Agent): Policy | undefined => policies().forAgent(principalOf(agent));
  const relay = new HttpRelay({
    upstream,
    sessions,
    streams,
    serverStreams,
    tools,
    policyFor,
    enforcer: createEnforcer({ policyFor, counters, shared, clock, onFailure }),
    observer,
    propagate,
    identify: createIdentify({ ...settings, ...identity }),
    clock,
    nextId: createRequestIds(),
    filterList: (agent, text, isFirstPage) => tools.filter(text, policyFor(agent), isFirstPage),
    listBytes: bounds.listBytes,
    withheldHeaders: withheldHeaders(identity.header?.name),
  });
  const close = (): void => {
    health.stop();
    sessions.closeAll();
    upstream.close();
  };
  return { relay, sessions, streams, serverStreams, tools, health, close };
}

/** Baggage is the agent's own and may hold anything; the header that names the agent is for us alone. */
function withheldHeaders(identityHeader: string | undefined): ReadonlySet<string> {
  return new Set(["baggage", ...(identityHeader === undefined ? [] : [identityHeader.toLowerCase()])]);
}
