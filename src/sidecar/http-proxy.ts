/** The HTTP proxy of one sidecar: the relay between the listener and the upstream, and the state that it holds. */

import { createHeaderPropagation } from "../mcp/header-propagation.ts";
import { readOtelSettings } from "../telemetry/tracing/otel-settings.ts";
import type { HttpSettings } from "../config/settings/settings.ts";
import type { ClientStreams, OpenStreams } from "../proxy/relay/http/http-exchange.ts";
import { HttpRelay } from "../proxy/relay/http/http-relay.ts";
import { createCallerAddress } from "../identity/hops/caller-address.ts";
import { agentHeader } from "../identity/upstream-agent-header.ts";
import { Drain } from "../proxy/http/drain.ts";
import { ConcurrencyLimit } from "../proxy/http/concurrency-limit.ts";
import { createRequestIds } from "../proxy/relay/request-ids.ts";
import { createServerRequests } from "../proxy/relay/server-request-rules.ts";
import { Sessions } from "../proxy/sessions/sessions.ts";
import { redisTaskOwners } from "../proxy/sessions/redis-task-owners.ts";
import { TaskOwners, type TaskOwnersOptions } from "../proxy/sessions/task-owners.ts";
import { OpenTasks } from "../proxy/sessions/open-tasks.ts";
import { shareState } from "./workers/share-state.ts";
import { refreshingOn } from "./tools/own-list-watch.ts";
import type { Runtime } from "./runtime.ts";
import type { BuiltIdentity } from "./identity/identity.ts";
import { type OpenUpstream, openUpstream } from "./open-upstream.ts";

export interface HttpProxy {
  readonly relay: HttpRelay;
  /** The event streams that are open to clients. */
  readonly clientStreams: ClientStreams;
  readonly sessions: Sessions;
  readonly streams: OpenStreams;
  readonly drain: Drain;
  /** The requests that are being answered. */
  readonly requestLimit: ConcurrencyLimit;
  readonly upstream: OpenUpstream;
  readonly close: () => Promise<void>;
}

export function buildHttpProxy(settings: HttpSettings, runtime: Runtime, identity: BuiltIdentity): HttpProxy {
  const { bounds } = settings;
  const { clock, telemetry, enforcement, serverStreams } = runtime;
  const { tools } = enforcement;
  const { propagators } = readOtelSettings(process.env).settings;
  const sharing = shareState(runtime.worker?.notes);
  const { sessionEvents, onUnknownTask, elsewhere } = sharing;
  const sessionBounds = { total: bounds.sessions, perAgent: bounds.sessionsPerAgent };
  const sessions = new Sessions(clock.wallMs, sessionBounds, sessionEvents);
  const streams = { open: 0 };
  const drain = new Drain();
  const requestLimit = new ConcurrencyLimit({ total: bounds.requests, perAgent: bounds.requestsPerAgent });
  const tasks = new OpenTasks(clock.steadyMs, undefined, onUnknownTask);
  const unknown = unknownTasks(settings, runtime, identity);
  const taskOwners = new TaskOwners({ nowMs: clock.wallMs, unknown });
  const upstream = openUpstream(settings, { telemetry, clock, tools, sessions, worker: runtime.worker });
  const observer = refreshingOn(telemetry.observer, upstream.refreshTools);
  const clientStreams = { count: streams, notifications: serverStreams, drain };
  const relay = new HttpRelay({
    runtime: { ...runtime, telemetry: { ...telemetry, observer } },
    nextId: createRequestIds(),
    upstream: upstream.upstream,
    identity: {
      authenticator: identity.identity,
      addressOf: createCallerAddress(settings.identity.clientAddress),
      challenge: identity.challenge,
      withheldHeaders: propagators.includes("baggage")
        ? withoutBaggage(identity.withheldHeaders)
        : identity.withheldHeaders,
      agentHeaders: agentHeader(settings.identity.upstreamHeader),
    },
    state: {
      sessions,
      sessionIds: identity.sessionIds,
      tasks,
      taskOwners,
      streams: clientStreams,
      requestLimit,
      ...(elsewhere && { elsewhere }),
      streamLimit: new ConcurrencyLimit({ total: bounds.streams, perAgent: bounds.streamsPerAgent }),
    },
    serverRequests: createServerRequests(settings.mode === "shadow" ? {} : settings.serverRequests),
    maxListBytes: bounds.listBytes,
    streamQuietMs: bounds.streamQuietMs,
    propagation: createHeaderPropagation(propagators),
  });
  sharing.apply({ sessions, tasks, tools, relay });
  const close = async (): Promise<void> => {
    sessions.closeAll();
    tasks.closeAll();
    await Promise.all([upstream.close(), taskOwners.settled()]);
  };
  return { relay, clientStreams, sessions, streams, drain, requestLimit, upstream, close };
}

/** Where a credential names the callers, a task that this process has not seen belongs to its owner in the store, or to no caller. */
function unknownTasks(
  { limits: { timeoutMs } }: HttpSettings,
  { counters: { store }, telemetry }: Runtime,
  { namesCallers }: BuiltIdentity,
): TaskOwnersOptions["unknown"] {
  if (!namesCallers) return "server";
  if (store === undefined) return "none";
  return redisTaskOwners({ store, timeoutMs, onFailed: telemetry.metrics.limitStoreFailed });
}

/** `OTEL_PROPAGATORS=baggage` lets the header through, as the operator asked for. */
function withoutBaggage(withheld: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...withheld].filter((name) => name !== "baggage"));
}
