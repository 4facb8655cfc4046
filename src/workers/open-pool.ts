/** Joins the workers to the store, the observers and the policies of the supervising process. */

import { randomUUID } from "node:crypto";
import type { HttpSettings } from "../config/settings/settings.ts";
import type { Request } from "../enforcement/request.ts";
import type { MemoryStore } from "../enforcement/store/memory-store.ts";
import { StoreError } from "../enforcement/store/store.ts";
import { createSessionKey } from "../sidecar/identity/session-ids.ts";
import { createLoopToken } from "../sidecar/open-upstream.ts";
import type { Runtime } from "../sidecar/runtime.ts";
import { dropLeases } from "../sidecar/workers/shared-memory.ts";
import { EventReplay } from "./events/replay-events.ts";
import { KnownState } from "./known-state.ts";
import type { StartMessage } from "./messages.ts";
import { type PooledWorker, type StartProcess, type WorkMessage, WorkerPool } from "./pool.ts";
import type { SentPolicies } from "./sent-policies.ts";

export interface PoolParts {
  readonly runtime: Runtime;
  readonly store: MemoryStore | undefined;
  readonly policies: SentPolicies;
  readonly traces: WeakMap<Request, string>;
}

export interface PrimaryOptions {
  readonly size: number;
  /** The settings that the file gives. */
  readonly fileValues: Readonly<Record<string, unknown>>;
  readonly startProcess: StartProcess;
}

export interface Workers {
  readonly pool: WorkerPool;
  readonly known: KnownState;
}

export function openPool(settings: HttpSettings, options: PrimaryOptions, parts: PoolParts): Workers {
  const { runtime, store, policies, traces } = parts;
  const { telemetry, clock } = runtime;
  const known = new KnownState(settings.bounds.sessions, runtime.enforcement.tools);
  const common = { sessionKey: createSessionKey(), loopToken: createLoopToken() };
  const replays = new WeakMap<PooledWorker, EventReplay>();
  const leasesOf = new Map<number, string>();
  const replayOf = (worker: PooledWorker): EventReplay => {
    const replay =
      replays.get(worker) ??
      new EventReplay({
        observer: telemetry.observer,
        metrics: telemetry.metrics,
        nowMs: clock.wallMs,
        onTraced: (request, traceId) => traces.set(request, traceId),
      });
    replays.set(worker, replay);
    return replay;
  };
  const startMessage = (worker: number): StartMessage => {
    const leases = `${worker}-${randomUUID()}`;
    leasesOf.set(worker, leases);
    const { fileValues } = options;
    const notes = known.notes();
    return { kind: "start", worker, fileValues, policies: policies.current(), leases, notes, ...common };
  };
  const pool: WorkerPool = new WorkerPool({
    size: options.size,
    startProcess: options.startProcess,
    log: telemetry.log,
    nowMs: clock.wallMs,
    startMessage,
    onMessage: (worker, message) => {
      if (message.kind === "event") return replayOf(worker).replay(message.event);
      if (message.kind === "store") return void runStore(store, worker, message);
      known.learn(message.note);
      if (message.note.kind !== "own-list") pool.sendOthers(worker, { kind: "note", note: message.note });
      return undefined;
    },
    onGone: (worker) => {
      replayOf(worker).endAll();
      const leases = leasesOf.get(worker.number);
      if (store !== undefined && leases !== undefined) dropLeases(store, leases);
    },
  });
  policies.sendTo((files) => pool.sendAll({ kind: "policies", policies: files }));
  return { pool, known };
}

async function runStore(
  store: MemoryStore | undefined,
  { channel }: PooledWorker,
  { id, name, keys, args }: Extract<WorkMessage, { kind: "store" }>,
): Promise<void> {
  try {
    if (store === undefined) throw new StoreError("other", "this sidecar has its limits in another store");
    const value = await store.run({ name }, { keys: [...keys], args: [...args] });
    channel.send({ kind: "reply", id, value });
  } catch (error) {
    const fault = error instanceof StoreError ? error.fault : "other";
    channel.send({ kind: "fault", id, fault, text: error instanceof Error ? error.message : String(error) });
  }
}
