/** What stands between the listener and the upstream: the relay with everything it asks. */

import type { HttpSettings } from "../config/settings.ts";
import type { OpenStreams } from "../transport/exchange.ts";
import { HttpRelay } from "../transport/exchange-http.ts";
import { agentHeader } from "../transport/identity/agent-header.ts";
import { OpenAnswers } from "../transport/open-answers.ts";
import { Places } from "../transport/places.ts";
import { createRequestIds } from "../transport/request-ids.ts";
import { createServerRequests } from "../transport/server-requests.ts";
import { Sessions } from "../transport/session.ts";
import { TaskOwners } from "../transport/task-owners.ts";
import { Tasks } from "../transport/tasks.ts";
import type { Ground } from "./ground.ts";
import type { BuiltIdentity } from "./identity.ts";
import { type OpenUpstream, openUpstream } from "./open-upstream.ts";

export interface Guard extends Pick<OpenUpstream, "health" | "start" | "isolation"> {
  readonly relay: HttpRelay;
  readonly sessions: Sessions;
  readonly streams: OpenStreams;
  readonly answers: OpenAnswers;
  readonly close: () => Promise<void>;
}

export function buildGuard(settings: HttpSettings, ground: Ground, identity: BuiltIdentity): Guard {
  const { bounds } = settings;
  const { clock, tools, policyFor } = ground;
  const sessions = new Sessions(clock.wallMs, { inAll: bounds.sessions, perAgent: bounds.sessionsPerAgent });
  const streams = { open: 0 };
  const answers = new OpenAnswers();
  const tasks = new Tasks(clock.steadyMs);
  const open = openUpstream(settings, { ...ground, sessions });
  const relay = new HttpRelay({
    ...ground,
    upstream: open.upstream,
    sessions,
    streams,
    answers,
    tasks,
    taskOwners: new TaskOwners(clock.wallMs),
    requests: new Places({ inAll: bounds.requests, perAgent: bounds.requestsPerAgent }),
    openStreams: new Places({ inAll: bounds.streams, perAgent: bounds.streamsPerAgent }),
    serverRequests: createServerRequests(settings.mode === "shadow" ? {} : settings.serverRequests),
    identity: identity.identity,
    challenge: identity.challenge,
    tellAgent: agentHeader(settings.identity.upstreamHeader),
    nextId: createRequestIds(),
    filterList: (agent, text, isFirstPage) => tools.filter(text, policyFor(agent), isFirstPage),
    recallList: (agent, body) => tools.recall(body, policyFor(agent)),
    listBytes: bounds.listBytes,
    withheldHeaders: identity.withheldHeaders,
  });
  const close = (): Promise<void> => {
    sessions.closeAll();
    tasks.closeAll();
    return open.close();
  };
  const { health, start, isolation } = open;
  return { relay, sessions, streams, answers, health, start, isolation, close };
}
