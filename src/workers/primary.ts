/** The composition root of the process that supervises workers: it decides nothing, and keeps all that workers have in common. */

import type { AdminSources } from "../admin/server.ts";
import type { HttpSettings } from "../config/settings/settings.ts";
import { SYSTEM_CLOCK } from "../enforcement/clock.ts";
import type { Request } from "../enforcement/request.ts";
import { closeListener } from "../proxy/http/listener.ts";
import { createAdminListener } from "../sidecar/admin-listener.ts";
import { adminSources } from "../sidecar/admin-sources.ts";
import { type AdminCredentials, loadCredentials } from "../sidecar/identity/credentials.ts";
import { leaseNames, openLimitCounters } from "../sidecar/limit-counters.ts";
import { telemetryOfWorkers } from "../sidecar/open-telemetry.ts";
import { upstreamName } from "../sidecar/open-upstream.ts";
import { refuseOwnListener } from "../sidecar/own-listener.ts";
import { buildRuntime, logStart, reload, type Runtime } from "../sidecar/runtime.ts";
import type { Sidecar } from "../sidecar/sidecar.ts";
import { bind } from "../sidecar/start-error.ts";
import { countInSharedMemory, openSharedMemory } from "../sidecar/workers/shared-memory.ts";
import { includeProcesses, type ProcessValues } from "../telemetry/metrics/process-metrics.ts";
import { openPool, type PrimaryOptions, type Workers } from "./open-pool.ts";
import type { WorkerPool } from "./pool.ts";
import { SentPolicies } from "./sent-policies.ts";

export interface Primary extends Sidecar {
  /** Of the processes of the workers. */
  readonly pids: () => readonly (number | undefined)[];
}

/** The time that a worker may need to end beyond its own bounds of draining. */
const GRACE_MS = 5_000;

/** Starts the workers and the admin listener. @throws StartError as a sidecar does. */
export async function startPrimary(settings: HttpSettings, options: PrimaryOptions): Promise<Primary> {
  await refuseOwnListener(settings);
  const credentials = loadCredentials(settings, SYSTEM_CLOCK);
  const store =
    settings.limits.store === undefined ? openSharedMemory(settings, SYSTEM_CLOCK.wallMs) : undefined;
  const policies = new SentPolicies(settings);
  const traces = new WeakMap<Request, string>();
  const runtime = await buildRuntime(settings, {
    clock: SYSTEM_CLOCK,
    agents: credentials.identity.agents,
    open: telemetryOfWorkers((request) => traces.get(request)),
    parts: {
      policies: policies.file,
      openCounters: async (_settings, clock, events) =>
        store === undefined
          ? openLimitCounters(settings, clock, events)
          : countInSharedMemory(settings, store, { clock, events, newLease: leaseNames("primary") }),
    },
  });
  const workers = openPool(settings, options, { runtime, store, policies, traces });
  return serve(settings, { runtime, workers, credentials: credentials.admin });
}

interface Serving {
  readonly runtime: Runtime;
  readonly workers: Workers;
  readonly credentials: AdminCredentials;
}

async function serve(settings: HttpSettings, { runtime, workers, credentials }: Serving): Promise<Primary> {
  const { pool } = workers;
  const { log } = runtime.telemetry;
  const state = { isDraining: false };
  includeProcesses(() => processesOf(pool));
  const sources = sourcesOf(settings, { runtime, workers, credentials }, state);
  const admin = createAdminListener(sources, log, credentials.tls.options, async () => {
    await pool.askAll("flush");
  });
  const stopWatch = credentials.start(admin, log);
  const stop = async (deadlineMs: number): Promise<void> => {
    state.isDraining = true;
    await pool.stop(deadlineMs);
    stopWatch();
    runtime.stop();
    await closeListener(admin, 0);
    await runtime.telemetry.close();
  };
  try {
    const url = await pool.start();
    const adminUrl = await bind(admin, settings.admin, "--admin", credentials.tls.scheme);
    const { server, upstream } = settings;
    const fields = { url, adminUrl, upstream: upstreamName(upstream), server, workers: pool.pids().length };
    logStart(log, runtime.policies.current(), fields);
    return {
      url,
      adminUrl,
      sources,
      pids: () => pool.pids(),
      reload: () => {
        reload(runtime);
        pool.sendAll({ kind: "reload" });
      },
      drain: () => {
        log.info("draining");
        return stop(settings.bounds.lameDuckMs + settings.bounds.drainMs + GRACE_MS);
      },
      stop: () => stop(0),
    };
  } catch (error) {
    await stop(0);
    throw error;
  }
}

async function processesOf(pool: WorkerPool): Promise<readonly ProcessValues[]> {
  const answers = await pool.askAll("process-metrics");
  return answers.filter((answer) => answer !== undefined).map((answer): ProcessValues => JSON.parse(answer));
}

function sourcesOf(
  settings: HttpSettings,
  { runtime, workers: { pool, known }, credentials }: Serving,
  state: { readonly isDraining: boolean },
): AdminSources {
  const { metrics } = runtime.telemetry;
  const transport = {
    sessions: {
      get size() {
        return known.sessions;
      },
    },
    streams: {
      get open() {
        return pool.states().reduce((sum, { streams }) => sum + streams, 0);
      },
    },
    credentials,
    notReadyReasons: () => [
      ...(state.isDraining ? ["the sidecar is draining"] : []),
      ...pool.notReadyReasons(),
    ],
  };
  metrics.refreshWith(() => {
    const states = pool.states();
    metrics.upstreamUp(states.length > 0 && states.every(({ isUpstreamUp }) => isUpstreamUp));
    metrics.upstreamExposed(states.some(({ isUpstreamExposed }) => isUpstreamExposed));
  });
  const sources = adminSources(settings, runtime, transport);
  const { freeze, unfreeze } = sources.control;
  return {
    ...sources,
    control: {
      ...sources.control,
      // Security: answered when every worker enforces it, or has been found not to answer.
      freeze: async (...given) => {
        const frozen = await freeze(...given);
        return { ...frozen, isShared: frozen.isShared !== false && (await reachesAll(pool)) };
      },
      unfreeze: async (...given) => {
        const lifted = await unfreeze(...given);
        return { ...lifted, isShared: lifted.isShared !== false && (await reachesAll(pool)) };
      },
    },
  };
}

async function reachesAll(pool: WorkerPool): Promise<boolean> {
  return (await pool.askAll("freezes")).every((answer) => answer !== undefined);
}
