/** What stands between the listeners and the upstream: the relay with everything it asks. */

import type { PolicySet } from "../config/policy-set.ts";
import type { HttpSettings } from "../config/settings.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { OpenStreams } from "../transport/answer-http.ts";
import { HttpRelay } from "../transport/exchange-http.ts";
import { createIdentify } from "../transport/identity.ts";
import { createRequestIds } from "../transport/request-ids.ts";
import { Sessions } from "../transport/session.ts";
import type { ToolList } from "../transport/tool-list.ts";
import { type UpstreamHealth, watchUpstream } from "../transport/upstream-health.ts";
import { UpstreamHttp } from "../transport/upstream-http.ts";
import { buildJudging, type Measured } from "./judging.ts";

export interface Guard {
  readonly relay: HttpRelay;
  readonly sessions: Sessions;
  readonly streams: OpenStreams;
  readonly tools: ToolList;
  readonly health: UpstreamHealth;
  readonly close: () => void;
}

export function buildGuard(
  settings: HttpSettings,
  policies: PolicySet,
  { log, metrics, observer, propagate, counters, clock }: Telemetry & Measured,
): Guard {
  const {
    upstream: { url },
    bounds,
    identity,
  } = settings;
  const sessions = new Sessions(clock.wallMs);
  const streams = { open: 0 };
  const judging = buildJudging(policies, { log, metrics, observer, counters, clock });
  const { tools, policyFor } = judging;
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
  const relay = new HttpRelay({
    upstream,
    sessions,
    streams,
    ...judging,
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
  return { relay, sessions, streams, tools, health, close };
}

/** Baggage is the agent's own and may hold anything; the header that names the agent is for us alone. */
function withheldHeaders(identityHeader: string | undefined): ReadonlySet<string> {
  return new Set(["baggage", ...(identityHeader === undefined ? [] : [identityHeader.toLowerCase()])]);
}
