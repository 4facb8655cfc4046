/** The listener for clients over HTTP: its checks, its bounds, and the relay behind it. */

import type { Server } from "node:http";
import type { HttpSettings } from "../../config/settings/settings.ts";
import { createDownstream } from "../../proxy/downstream/http-server.ts";
import { type Edge, servedHosts } from "../../proxy/downstream/request-checks.ts";
import { SSE_PATHS, SseEndpoint } from "../../proxy/downstream/sse/sse-endpoint.ts";
import type { HttpProxy } from "../http-proxy.ts";
import type { ListenerCredentials } from "../identity/credentials.ts";
import type { BuiltIdentity } from "../identity/identity.ts";
import { type LoopWatch, watchLoop } from "../overload.ts";
import type { Replicas } from "../replicas.ts";
import type { Runtime } from "../runtime.ts";

interface DownstreamParts {
  readonly runtime: Runtime;
  readonly proxy: HttpProxy;
  readonly credentials: ListenerCredentials;
  readonly notReadyReasons: () => readonly string[];
  readonly replicas?: Replicas | undefined;
}

export interface OpenDownstream {
  readonly downstream: Server;
  /** Stops watching the event loop. */
  readonly stopLoopWatch: () => void;
}

/** The listener for clients, not bound yet. */
export function openDownstream(
  settings: HttpSettings,
  { runtime, proxy, credentials: { identity, tls }, notReadyReasons, replicas }: DownstreamParts,
): OpenDownstream {
  const { bounds } = settings;
  const loop = watchOverload(bounds.loopDelayMs, runtime, proxy);
  const onFault = (error: unknown): void =>
    runtime.telemetry.log.error({ err: error }, "a message could not be relayed");
  const downstream = createDownstream(proxy.relay, {
    edge: edgeOf(settings, identity, proxy.upstream.loopToken),
    ...(tls.options && { tls: tls.options }),
    ...(identity.metadata && { metadata: identity.metadata }),
    health: { ...settings.health, isReady: () => notReadyReasons().length === 0 },
    requestMs: bounds.requestMs,
    headerBytes: bounds.headerBytes,
    connections: bounds.connections,
    receivedBytes: bounds.receivedBytes,
    unreadMs: bounds.unreadMs,
    answers: proxy.drain,
    refusesForLoad: loop.refuses,
    onQueryDropped: () => runtime.telemetry.log.warn(QUERY_DROPPED),
    onFault,
    ...(settings.servesSse && { sse: openSse(settings, proxy, onFault) }),
    ...(replicas && { carrier: replicas.carrier }),
  });
  return { downstream, stopLoopWatch: loop.stop };
}

function watchOverload(
  maxMs: number,
  { telemetry: { log } }: Runtime,
  { requestLimit }: HttpProxy,
): LoopWatch {
  return watchLoop({
    maxMs,
    hasRequests: () => requestLimit.held > 0,
    onChange: (isLate, delayMs) =>
      log.warn({ delayMs }, isLate ? "overload: new requests are refused" : "overload is over"),
  });
}

function openSse(
  { bounds }: HttpSettings,
  { relay, clientStreams }: HttpProxy,
  onFault: (error: unknown) => void,
): SseEndpoint {
  return new SseEndpoint({
    relay,
    streams: clientStreams,
    bounds: { total: bounds.streams, perAgent: bounds.streamsPerAgent },
    quietMs: bounds.streamQuietMs,
    maxBytes: bounds.listBytes,
    onFault,
  });
}

const QUERY_DROPPED =
  "a client sends a query, which is dropped and never reaches the server; this is logged once";

function edgeOf(
  { path, servesSse, listen, allowedHosts, allowedOrigins, bounds }: HttpSettings,
  { proofHeaders, metadata }: BuiltIdentity,
  loopToken: string,
): Edge {
  return {
    path,
    loopToken,
    hosts: servedHosts(listen.host, allowedHosts),
    origins: new Set(allowedOrigins),
    messageBytes: bounds.messageBytes,
    identityHeaders: proofHeaders,
    ...(metadata && { documents: metadata.paths }),
    ...(servesSse && { sse: SSE_PATHS }),
  };
}
