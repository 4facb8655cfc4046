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
import { buildJudging, type Measured } from "./judging.ts";
import { type OpenUpstream, openUpstream } from "./open-upstream.ts";

export interface Guard {
  readonly relay: HttpRelay;
  readonly sessions: Sessions;
  readonly streams: OpenStreams;
  readonly tools: ToolList;
  readonly health: OpenUpstream["health"];
  readonly start: OpenUpstream["start"];
  readonly close: () => Promise<void>;
}

export function buildGuard(
  settings: HttpSettings,
  policies: PolicySet,
  { log, metrics, observer, propagate, counters, clock }: Telemetry & Measured,
): Guard {
  const { bounds, identity } = settings;
  const sessions = new Sessions(clock.wallMs);
  const streams = { open: 0 };
  const judging = buildJudging(policies, { log, metrics, observer, counters, clock });
  const { tools, policyFor } = judging;
  const open = openUpstream(settings, { log, metrics, clock, tools, sessions });
  const relay = new HttpRelay({
    upstream: open.upstream,
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
  const close = (): Promise<void> => {
    sessions.closeAll();
    return open.close();
  };
  return { relay, sessions, streams, tools, health: open.health, start: open.start, close };
}

/** Baggage is the agent's own and may hold anything; the header that names the agent is for us alone. */
function withheldHeaders(identityHeader: string | undefined): ReadonlySet<string> {
  return new Set(["baggage", ...(identityHeader === undefined ? [] : [identityHeader.toLowerCase()])]);
}
