/** The files of run-time control: the freeze file, which is followed, and the state files, which outlive this process. */

import { openApprovalState, openFreezeState } from "../../config/files/control-state.ts";
import { type FrozenEntry, openFreezeFile } from "../../config/files/freeze-file.ts";
import type { PolicySet } from "../../config/files/policy-set.ts";
import type { Settings } from "../../config/settings/settings.ts";
import type { StateFile } from "../../config/files/state-file.ts";
import type { WatchedFile } from "../../config/files/watched-file.ts";
import type { StoredApproval } from "../../enforcement/approvals/memory-approvals.ts";
import type { Freezes } from "../../enforcement/freezes/freezes.ts";
import type { StoredFreeze } from "../../enforcement/freezes/redis-freezes.ts";
import type { Clock } from "../../enforcement/clock.ts";
import type { SharedStore } from "../../enforcement/store/store.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { BAD_POLICY, StartError } from "../start-error.ts";

/** Each is undefined where the settings name none. */
export interface ControlFiles {
  readonly freezeFile: WatchedFile<readonly FrozenEntry[]> | undefined;
  readonly freezes: StateFile<readonly StoredFreeze[]> | undefined;
  readonly approvals: StateFile<readonly StoredApproval[]> | undefined;
}

/** The parts that approvals and freezes are built from. */
export interface ControlParts {
  readonly files: ControlFiles;
  readonly clock: Clock;
  /** Shares approvals and freezes with other sidecars; undefined: each process has its own. */
  readonly store: SharedStore | undefined;
  /** The policies in force. */
  readonly policies: () => PolicySet;
}

type Opened<F> =
  | { readonly ok: true; readonly file: F }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads all of them at once. @throws StartError with the problems of all of them. */
export function openControlFiles({
  freeze,
  approvals,
}: Pick<Settings, "freeze" | "approvals">): ControlFiles {
  const problems: string[] = [];
  const open = <F>(path: string | undefined, opening: (path: string) => Opened<F>): F | undefined => {
    const opened = path === undefined ? undefined : opening(path);
    if (opened?.ok === false) problems.push(...opened.problems);
    return opened?.ok === true ? opened.file : undefined;
  };
  const files = {
    freezeFile: open(freeze.file, openFreezeFile),
    freezes: open(freeze.state, openFreezeState),
    approvals: open(approvals.state, openApprovalState),
  };
  if (problems.length > 0) throw new StartError(problems, BAD_POLICY);
  return files;
}

/** Saves `value`, and returns whether it outlives this process as far as the settings ask; a failure is logged. */
export function saveState<T>(log: Log, file: StateFile<T> | undefined, value: T): boolean {
  const problem = file?.save(value);
  if (problem !== undefined)
    log.error({ problem }, "a state file could not be written: the state ends with this process");
  return problem === undefined;
}

export interface FileWatch {
  /** Reads the file at once. */
  readonly poll: () => void;
  readonly stop: () => void;
}

const NOT_WATCHED: FileWatch = { poll: () => undefined, stop: () => undefined };

/** Applies the freeze file now and at each change. A version with a problem is logged, and lifts no freeze. */
export function followFreezes(
  file: ControlFiles["freezeFile"],
  freezes: Freezes,
  { log, nowMs }: { readonly log: Log; readonly nowMs: () => number },
): FileWatch {
  if (file === undefined) return NOT_WATCHED;
  const apply = (entries: readonly FrozenEntry[]): void => {
    const sinceMs = nowMs();
    freezes.replaceFile(entries.map((entry) => ({ by: "the freeze file", ...entry, sinceMs })));
    log.warn({ frozen: entries.length }, "the freeze file is in force");
  };
  const onProblems = (problems: readonly string[]): void =>
    log.error({ problems }, "the freeze file was not reloaded; the previous version stays in force");
  apply(file.current());
  const stop = file.start({ onChanged: apply, onProblems });
  return { poll: file.poll, stop };
}
