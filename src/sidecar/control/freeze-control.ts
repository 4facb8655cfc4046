/** Freezes set and lifted by operators: in this process alone, or together with every sidecar that shares the store. */

import { readFreeze } from "../../config/files/control-state.ts";
import type { Freeze, Freezes, FreezeTarget } from "../../enforcement/freezes/freezes.ts";
import { SharedFreezes } from "../../enforcement/freezes/redis-freezes.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import { type ControlParts, saveState } from "./control-files.ts";

/** How far a change that is in force here has spread. */
interface Kept {
  /** False when it could not be saved, and so ends with this process. */
  readonly isKept: boolean;
  /** False when the other sidecars do not have it yet. */
  readonly isShared: boolean;
}

export interface FreezeControl {
  /** The freeze is in force before this returns; the promise says how far it has spread. */
  readonly set: (freeze: Freeze) => Promise<Kept>;
  readonly lift: (
    part: FreezeTarget,
  ) => Promise<Kept & { readonly state: "lifted" | "file" | "not_frozen" | "unavailable" }>;
  /** Sets the gauges of freezes, as of `nowMs`. */
  readonly updateGauges: (nowMs: number) => void;
  /** Reads the store at once; resolves when its freezes are in force, or it has not answered in time. */
  readonly poll: () => Promise<void>;
  /** Starts following the store; resolves when its freezes are in force, or it has not answered in time. */
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

type Observability = Pick<Telemetry, "log" | "metrics">;
type Transitions = Omit<FreezeControl, "updateGauges">;

/** Freezes that were saved before this process began are in force from now on. */
export function openFreezeControl(
  freezes: Freezes,
  telemetry: Observability,
  parts: Pick<ControlParts, "files" | "store">,
): FreezeControl {
  const updateGauges = (nowMs: number): void => countFreezes(telemetry, freezes.list(nowMs));
  return { ...openTransitions(freezes, telemetry, parts), updateGauges };
}

function openTransitions(
  freezes: Freezes,
  { log, metrics }: Observability,
  { files: { freezes: file }, store }: Pick<ControlParts, "files" | "store">,
): Transitions {
  const initial = file?.initial ?? [];
  const save = (kept: readonly Freeze[]): boolean => saveState(log, file, kept);
  if (store === undefined) {
    for (const { isShared: _isShared, ...freeze } of initial) freezes.set(freeze);
    return freezeAlone(freezes, save);
  }
  const shared = new SharedFreezes({
    store,
    freezes,
    initial:
      store.isVolatile === true ? initial.map(({ isShared: _isShared, ...freeze }) => freeze) : initial,
    read: readFreeze,
    save,
    onRemoteChange: (change, { agent, tool, by, reason }) =>
      log.warn({ agent, tool, by, reason }, REMOTE_CHANGE_LOG[change]),
    onFailed: metrics.limitStoreFailed,
  });
  return freezeTogether(shared, (error) => log.error({ err: error }, "freezes could not be shared"));
}

const REMOTE_CHANGE_LOG = {
  frozen: "frozen by another sidecar",
  lifted: "no longer frozen by another sidecar",
} as const;

function freezeAlone(freezes: Freezes, save: (kept: readonly Freeze[]) => boolean): Transitions {
  const kept = (): Kept => ({ isKept: save(freezes.byHand()), isShared: true });
  return {
    set: async (freeze) => {
      freezes.set(freeze);
      return kept();
    },
    lift: async (part) => ({ state: freezes.lift(part), ...kept() }),
    poll: () => Promise.resolve(),
    start: () => Promise.resolve(),
    stop: () => undefined,
  };
}

/** A freeze reaches every sidecar within this and the store's timeout: well within two seconds. */
const POLL_MS = 500;

function freezeTogether(shared: SharedFreezes, onFault: (error: unknown) => void): Transitions {
  let timer: NodeJS.Timeout | undefined;
  let isPolling = false;
  let last = Promise.resolve();
  const poll = (): Promise<void> => {
    isPolling = true;
    const next = last.then(() => shared.poll()).catch(onFault);
    last = next;
    void next.then(() => (isPolling = last !== next));
    return next;
  };
  return {
    set: (freeze) => shared.set(freeze),
    lift: async (part) => ({ state: await shared.lift(part), isKept: true, isShared: true }),
    poll,
    start: async () => {
      await poll();
      timer = setInterval(() => {
        if (!isPolling) void poll();
      }, POLL_MS).unref();
    },
    stop: () => clearInterval(timer),
  };
}

function countFreezes({ metrics }: Observability, frozen: readonly Freeze[]): void {
  const count = (isOne: (freeze: Freeze) => boolean): number => frozen.filter(isOne).length;
  metrics.frozen("all", Math.min(1, count(freezesEverything)));
  metrics.frozen(
    "agent",
    count(({ agent }) => agent !== undefined),
  );
  metrics.frozen(
    "tool",
    count(({ agent, tool }) => agent === undefined && tool !== undefined),
  );
}

function freezesEverything({ agent, tool }: Freeze): boolean {
  return agent === undefined && tool === undefined;
}
