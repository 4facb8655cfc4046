/** Files and keys of identity that are reloaded while the sidecar runs. */

import type { Settings } from "../../config/settings/settings.ts";
import type { WatchedFile } from "../../config/files/watched-file.ts";
import type { Clock } from "../../enforcement/clock.ts";
import type { NameOwners } from "../../identity/name-owners.ts";
import type { Log } from "../../telemetry/logging/log.ts";

/** A file that is watched, or keys that are fetched again. */
export interface Refreshable {
  /** Why the sidecar is not ready without it; undefined when it is. */
  readonly problem: () => string | undefined;
  /** Starts refreshing; returns the function that stops it. */
  readonly start: (log: Log) => () => void;
}

/** Collects, while the sources of identity are built, what they refresh, the agents they name, and all problems of their files. */
export interface IdentityBuilder {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly refreshables: Refreshable[];
  readonly agents: string[];
  /** Which names belong to which source. */
  readonly owners: NameOwners;
  readonly problems: string[];
  /** Proves session ids to every worker of this sidecar; absent: a key of this process. */
  readonly sessionKey?: string;
}

/** Watches `file`, named `what` in the log; a version with a problem is logged, and the previous one stays in force. */
export function refreshableFile<T>(file: WatchedFile<T>, what: string): Refreshable {
  return {
    problem: () => undefined,
    start: (log) =>
      file.start({
        onChanged: () => log.info({ what }, "reloaded"),
        onProblems: (problems) =>
          log.error({ what, problems }, "reload failed; the previous version stays in force"),
      }),
  };
}
