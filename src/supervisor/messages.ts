/** The messages between the supervisor and the process of one sidecar, over Node's IPC channel. */

import type { Mode } from "../policy/mode.ts";

/** The settings of one sidecar as its settings file would give them. */
export interface StartMessage {
  readonly kind: "start";
  readonly values: Readonly<Record<string, unknown>>;
  readonly command?: readonly string[];
}

export type ToSidecar =
  | StartMessage
  /** Read every file at once, as SIGHUP does. */
  | { readonly kind: "reload" }
  /** Finish open requests, then end. */
  | { readonly kind: "drain" }
  | { readonly kind: "report"; readonly id: number }
  | { readonly kind: "metrics"; readonly id: number; readonly accept: string | undefined };

export type FromSidecar =
  | ({ readonly kind: "up" } & SidecarAddresses)
  /** The sidecar cannot start; the process then ends. */
  | { readonly kind: "failed"; readonly problems: readonly string[] }
  | { readonly kind: "answer"; readonly id: number; readonly value: SidecarReport | string };

export interface SidecarAddresses {
  /** The MCP endpoint, path included. */
  readonly url: string;
  /** The admin listener, without a slash at the end. */
  readonly adminUrl: string;
}

/** The state of a running sidecar. */
export interface SidecarReport {
  /** Why it is not ready; empty when it is. */
  readonly because: readonly string[];
  /** `mixed`: some of its policies enforce. */
  readonly mode: Mode | "mixed";
  /** Digests of the policies in force; empty without one. */
  readonly policies: readonly string[];
  /** Why the last policy was not loaded; null when it was. */
  readonly policyError: string | null;
  /** Calls of the last hour that have ended, including the denied ones. */
  readonly calls: number;
  readonly denied: number;
}
