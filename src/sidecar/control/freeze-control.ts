/** How calls are frozen and thawed by hand: in this process alone, or together with every sidecar that has the same store. */

import { readFreeze } from "../../config/files/control-state.ts";
import type { Freeze, Freezes, FrozenPart } from "../../enforcement/freezes/freezes.ts";
import { SharedFreezes } from "../../enforcement/freezes/redis-freezes.ts";
import type { SharedStore } from "../../enforcement/store/shared-store.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import { type ControlFiles, saveState } from "./control-files.ts";

/** What came of it besides. */
interface Kept {
  /** False when it is in force, and could not be kept for after a restart. */
  readonly isKept: boolean;
  /** False when it is in force here, and the other sidecars are yet to be told. */
  readonly isShared: boolean;
}

export interface FreezeControl {
  /** In force at once. */
  readonly set: (freeze: Freeze) => Promise<Kept>;
  readonly lift: (
    part: FrozenPart,
  ) => Promise<Kept & { readonly state: "lifted" | "file" | "not_frozen" | "unavailable" }>;
  /** Asks the store now. */
  readonly poll: () => void;
  /** Resolves when what others have frozen is in force, or the store has not answered; asks again from then on. */
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

interface FreezingParts {
  /** Keeps freezes for after a restart; absent: they end with this process. */
  readonly file: ControlFiles["freezes"];
  /** Where freezes are shared; absent: they are this process's own. */
  readonly store: SharedStore | undefined;
}

/** What was frozen before this process began is in force from now on. */
export function openFreezeControl(
  freezes: Freezes,
  told: Pick<Telemetry, "log" | "metrics">,
  { file, store }: FreezingParts,
): FreezeControl {
  const initial = file?.initial ?? [];
  const save = (kept: readonly Freeze[]): boolean => saveState(told.log, file, kept);
  if (store === undefined) {
    for (const { isShared: _isShared, ...freeze } of initial) freezes.set(freeze);
    return freezeAlone(freezes, save);
  }
  const shared = new SharedFreezes({
    store,
    freezes,
    initial,
    read: readFreeze,
    save,
    onHeard: (change, { agent, tool, by, reason }) =>
      told.log.warn({ agent, tool, by, reason }, REMOTE_CHANGE_LOG[change]),
    onFailed: told.metrics.limitStoreFailed,
  });
  const onFault = (error: unknown): void => told.log.error({ err: error }, "freezes could not be shared");
  return freezeTogether(shared, onFault);
}

const REMOTE_CHANGE_LOG = {
  frozen: "frozen by another sidecar",
  lifted: "no longer frozen by another sidecar",
} as const;

function freezeAlone(freezes: Freezes, save: (kept: readonly Freeze[]) => boolean): FreezeControl {
  const kept = (): Kept => ({ isKept: save(freezes.byHand()), isShared: true });
  return {
    set: async (freeze) => {
      freezes.set(freeze);
      return kept();
    },
    lift: async (part) => ({ state: freezes.lift(part), ...kept() }),
    poll: nothing,
    start: () => Promise.resolve(),
    stop: nothing,
  };
}

/** A freeze anywhere holds everywhere after this and the store's time bound: well within two seconds. */
const LOOK_MS = 500;

function freezeTogether(shared: SharedFreezes, onFault: (error: unknown) => void): FreezeControl {
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    await shared.look().catch(onFault);
    isLooking = false;
  };
  return {
    set: (freeze) => shared.set(freeze),
    lift: async (part) => ({ state: await shared.lift(part), isKept: true, isShared: true }),
    poll: () => void look(),
    start: async () => {
      await look();
      timer = setInterval(() => void look(), LOOK_MS).unref();
    },
    stop: () => clearInterval(timer),
  };
}

function nothing(): void {
  // There is nothing to look at.
}
