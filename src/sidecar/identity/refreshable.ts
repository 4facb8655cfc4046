/** What is read or fetched again while the sidecar runs, gathered while it is built. */

import type { Settings } from "../../config/settings/settings.ts";
import type { WatchedFile } from "../../config/files/watched-file.ts";
import type { Clock } from "../../enforcement/clock.ts";
import type { Log } from "../../telemetry/logging/log.ts";

/** What can be started and stopped, and may not be ready. */
export interface Refreshable {
  readonly problem: () => string | undefined;
  readonly start: (log: Log) => () => void;
}

/** What is being built: sources in order of trust, what they live from, and everything that is wrong. */
export interface IdentityBuilder {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly refreshables: Refreshable[];
  readonly agents: string[];
  readonly problems: string[];
}

/** A file that is followed: a bad change of it is said, and what was read before stays in force. */
export function refreshableFile<T>(file: WatchedFile<T>, what: string): Refreshable {
  return {
    problem: () => undefined,
    start: (log) =>
      file.start({
        onChanged: () => log.info({ what }, "read again"),
        onProblems: (problems) =>
          log.error({ what, problems }, "bad now: what was read before stays in force"),
      }),
  };
}
