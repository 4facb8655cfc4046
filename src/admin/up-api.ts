/** Types of the JSON responses of the admin listener of `tollgate up`; its page is checked against them. */

import type { Mode } from "../policy/mode.ts";

/** `GET /servers` of `tollgate up`. */
export interface ServersResponse {
  readonly file: string;
  /** When the file in force was read. */
  readonly loaded_at: string;
  /** Why the file as it is now is not in force; empty when it is. */
  readonly file_problems: readonly string[];
  readonly servers: readonly UpServerEntry[];
}

/** `waiting`: its sidecar has ended, and is started again after a delay. */
export type UpServerState = "starting" | "up" | "waiting" | "stopping" | "stopped";

/** One server of `tollgate up`. */
export interface UpServerEntry {
  readonly name: string;
  /** The `server` label of its metrics. */
  readonly server: string;
  readonly state: UpServerState;
  /** Since when it is in this state. */
  readonly since: string;
  readonly ready: boolean;
  readonly because: readonly string[];
  readonly mode: Mode | "mixed";
  /** Digests of the policies in force; empty without one. */
  readonly policies: readonly string[];
  readonly policy_error: string | null;
  /** Calls of the last hour; null while the sidecar does not answer. */
  readonly calls: number | null;
  readonly denied: number | null;
  readonly restarts: number;
  readonly pid: number | null;
  /** The MCP endpoint; null before the first start. */
  readonly url: string | null;
  /** The admin listener of its sidecar, which serves the console. */
  readonly console: string | null;
}
