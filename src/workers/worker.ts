/** The composition root of a worker: serves clients, and reaches the supervising process for all that workers have in common. */

import { setTimeout as pause } from "node:timers/promises";
import { parsePolicies, type PolicySet } from "../config/files/policy-set.ts";
import type { HttpSettings } from "../config/settings/settings.ts";
import { SYSTEM_CLOCK } from "../enforcement/clock.ts";
import { ALLOW_ALL } from "../policy/document/compile.ts";
import { buildHttpProxy, type HttpProxy } from "../sidecar/http-proxy.ts";
import { loadListenerCredentials, type ListenerCredentials } from "../sidecar/identity/credentials.ts";
import {
  countTogether,
  digestOfCaller,
  leaseNames,
  type OpenLimitCounters,
  openLimitCounters,
} from "../sidecar/limit-counters.ts";
import { openDownstream } from "../sidecar/downstream/open-downstream.ts";
import { buildRuntime, reload, type Runtime } from "../sidecar/runtime.ts";
import { bind } from "../sidecar/start-error.ts";
import { ownProcessMetrics } from "../telemetry/metrics/process-metrics.ts";
import type { Channel } from "./channel.ts";
import type { FromWorker, Question, StartMessage, ToWorker } from "./messages.ts";
import { NoteBoard } from "./note-board.ts";
import { pushedPolicies } from "./pushed-policies.ts";
import { StateReport } from "./state-report.ts";
import { WorkerStore } from "./worker-store.ts";
import { startWorkerTelemetry } from "./worker-telemetry.ts";

export interface Worker {
  /** The MCP endpoint, path included. */
  readonly url: string;
  /** Resolves when the worker has drained. */
  readonly ended: Promise<void>;
}

export interface WorkerOptions {
  readonly channel: Channel<FromWorker>;
  readonly start: StartMessage;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Calls with each message that arrives while the worker starts, and later. */
  readonly receive: (onMessage: (message: ToWorker) => void) => void;
}

/** How often the state is looked at; it is sent when it has changed. */
const STATE_MS = 100;

/** @throws StartError as a sidecar does. */
export async function startWorker(given: HttpSettings, options: WorkerOptions): Promise<Worker> {
  const settings = withoutPrimaryParts(given);
  const { channel, start, environment } = options;
  const credentials = loadListenerCredentials(settings, SYSTEM_CLOCK, start.sessionKey);
  const state = new StateReport(channel);
  const notes = new NoteBoard(channel, start.notes);
  const policies = pushedPolicies(start.policies, (bytes) => parsed(settings, bytes));
  const log = { current: (): Runtime["telemetry"]["log"] | undefined => undefined };
  const store = openWorkerStore(settings, channel, (isUp, cause) => {
    if (isUp) log.current()?.info("the primary answers this worker");
    else log.current()?.error({ err: cause }, "the primary does not answer this worker");
  });
  const parts: WorkerReceivers = { channel, store, notes, policies, state };
  options.receive((message) => receive(message, parts));
  const runtime = await buildRuntime(settings, {
    clock: SYSTEM_CLOCK,
    agents: credentials.identity.agents,
    open: () =>
      startWorkerTelemetry(settings, {
        worker: start.worker,
        send: (event) => channel.send({ kind: "event", event }),
        onState: (change) => state.set(change),
        environment,
      }),
    parts: {
      policies,
      openCounters: countersOf(settings, store, start.leases),
      worker: { notes, loopToken: start.loopToken },
    },
  });
  parts.runtime = runtime;
  log.current = () => runtime.telemetry.log;
  return serve(settings, { runtime, credentials, parts });
}

/** The parts that messages of the primary reach. */
interface WorkerReceivers {
  readonly channel: Channel<FromWorker>;
  readonly store: WorkerStore;
  readonly notes: NoteBoard;
  readonly policies: ReturnType<typeof pushedPolicies>;
  readonly state: StateReport;
  runtime?: Runtime;
  drain?: () => void;
}

interface Serving {
  readonly runtime: Runtime;
  readonly credentials: ListenerCredentials;
  readonly parts: WorkerReceivers;
}

async function serve(settings: HttpSettings, { runtime, credentials, parts }: Serving): Promise<Worker> {
  const { identity, tls } = credentials;
  const { state, notes } = parts;
  const { log } = runtime.telemetry;
  const proxy = buildHttpProxy(settings, runtime, identity);
  notes.begin();
  const status = { isDraining: false };
  const ownReasons = (): string[] => [...proxy.upstream.notReadyReasons(), ...identity.notReadyReasons()];
  const notReadyReasons = (): string[] => [
    ...(status.isDraining ? ["the sidecar is draining"] : []),
    ...ownReasons(),
    ...(state.areOthersReady ? [] : ["another worker is not ready"]),
  ];
  const { downstream, stopLoopWatch } = openDownstream(settings, {
    runtime,
    proxy,
    credentials,
    notReadyReasons,
  });
  const stops = [identity.start(log), tls.start(downstream, log), stopLoopWatch];
  const reporting = setInterval(
    () => state.set({ because: ownReasons(), streams: proxy.streams.open }),
    STATE_MS,
  );
  await proxy.upstream.start();
  const origin = await bind(downstream, settings.listen, "--listen", tls.scheme);
  const ended = Promise.withResolvers<void>();
  const drain = async (): Promise<void> => {
    status.isDraining = true;
    proxy.drain.beginConnectionClose();
    await pause(settings.bounds.lameDuckMs);
    await proxy.drain.close(downstream, settings.bounds.drainMs);
    clearInterval(reporting);
    for (const stop of stops) stop();
    await stopAll(proxy, runtime);
    await parts.channel.flush();
    ended.resolve();
  };
  parts.drain = () => void drain();
  state.set({ because: ownReasons(), streams: 0 });
  return { url: `${origin}${settings.path}`, ended: ended.promise };
}

async function stopAll(proxy: HttpProxy, runtime: Runtime): Promise<void> {
  await proxy.close();
  runtime.stop();
  await runtime.telemetry.close();
}

function receive(message: ToWorker, parts: WorkerReceivers): void {
  switch (message.kind) {
    case "reply":
      return parts.store.reply(message.id, message.value);
    case "fault":
      return parts.store.fault(message.id, message.fault, message.text);
    case "note":
      return parts.notes.deliver(message.note);
    case "policies":
      return parts.policies.accept(message.policies);
    case "question":
      return void answer(message.id, message.question, parts);
    case "ready":
      parts.state.areOthersReady = message.isReady;
      return undefined;
    case "reload":
      return parts.runtime && reload(parts.runtime);
    case "drain":
      return parts.drain?.();
    case "start":
      return undefined;
  }
}

async function answer(id: number, question: Question, { channel, runtime }: WorkerReceivers): Promise<void> {
  if (question === "freezes") await runtime?.control.poll();
  const value = question === "process-metrics" ? JSON.stringify(await ownProcessMetrics()) : "";
  channel.send({ kind: "answer", id, value });
}

/** Settings without the files that only the supervising process may write. */
function withoutPrimaryParts(settings: HttpSettings): HttpSettings {
  const { audit: _audit, freeze, approvals, ...rest } = settings;
  const { state: _freezes, ...freezeFile } = freeze;
  const { state: _approvals, ...asking } = approvals;
  return { ...rest, freeze: freezeFile, approvals: asking, isAuditChained: false };
}

function parsed(settings: HttpSettings, bytes: readonly Buffer[]): PolicySet {
  const policies = parsePolicies(settings, ALLOW_ALL, bytes);
  // The primary has accepted the same bytes.
  if (!policies.ok) throw new Error(policies.problems.join("; "));
  return policies.policies;
}

function openWorkerStore(
  { server, limits: { prefix } }: HttpSettings,
  channel: Channel<FromWorker>,
  onChange: (isUp: boolean, cause: unknown) => void,
): WorkerStore {
  return new WorkerStore({ scheme: { prefix, server, digest: digestOfCaller }, channel, onChange });
}

/** The store of the primary, unless the settings name one that other sidecars share too. */
function countersOf({ limits }: HttpSettings, store: WorkerStore, leases: string): OpenLimitCounters {
  if (limits.store !== undefined) return openLimitCounters;
  return async (settings, clock, events) =>
    countTogether(settings, store, { clock, events, newLease: leaseNames(leases) });
}
