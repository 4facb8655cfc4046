/** The files behind what people control: the freeze file that is followed, and the states that outlive this process. */

import { openApprovalState, openFreezeState } from "../../config/files/control-state.ts";
import { type FrozenEntry, openFreezeFile } from "../../config/files/freeze-file.ts";
import type { Settings } from "../../config/settings/settings.ts";
import type { StateFile } from "../../config/files/state-file.ts";
import type { WatchedFile } from "../../config/files/watched-file.ts";
import type { StoredApproval } from "../../enforcement/approvals/approvals.ts";
import type { Freezes } from "../../enforcement/freezes/freezes.ts";
import type { KeptFreeze } from "../../enforcement/freezes/redis-freezes.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { BAD_POLICY, StartError } from "../start-error.ts";

/** Each absent where the settings name none. */
export interface ControlFiles {
  readonly freezeFile: WatchedFile<readonly FrozenEntry[]> | undefined;
  readonly freezes: StateFile<readonly KeptFreeze[]> | undefined;
  readonly approvals: StateFile<readonly StoredApproval[]> | undefined;
}

type Opened<F> =
  | { readonly ok: true; readonly file: F }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads them now. @throws StartError with what is wrong in all of them */
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

/** Whether it was kept, or need not be; what kept it from that is in the log. */
export function saveState<T>(log: Log, file: StateFile<T> | undefined, value: T): boolean {
  const problem = file?.save(value);
  if (problem !== undefined) log.error({ problem }, "a state could not be kept: it ends with this process");
  return problem === undefined;
}

export interface FileWatch {
  /** Looks now. */
  readonly poll: () => void;
  readonly stop: () => void;
}

const NOT_WATCHED: FileWatch = { poll: () => undefined, stop: () => undefined };

/** Puts in force what the file says, now and whenever it changes; a bad change is said, and nothing thaws. */
export function followFreezes(
  file: ControlFiles["freezeFile"],
  freezes: Freezes,
  { log, nowMs }: { readonly log: Log; readonly nowMs: () => number },
): FileWatch {
  if (file === undefined) return NOT_WATCHED;
  const putInForce = (entries: readonly FrozenEntry[]): void => {
    const sinceMs = nowMs();
    freezes.replaceFile(entries.map((entry) => ({ by: "the freeze file", ...entry, sinceMs })));
    log.warn({ frozen: entries.length }, "the freeze file is in force");
  };
  const onProblems = (problems: readonly string[]): void =>
    log.error({ problems }, "the freeze file was not reloaded; what it said last stays in force");
  putInForce(file.current());
  const stop = file.start({ onChanged: putInForce, onProblems });
  return { poll: file.poll, stop };
}
