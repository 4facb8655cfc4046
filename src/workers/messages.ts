/** The messages between the supervising process and its workers, over Node's IPC channel. */

import type { StoreFault, ScriptName } from "../enforcement/store/store.ts";
import type { StateNote } from "../proxy/sessions/state-notes.ts";
import type { WorkerEvent } from "./events/events.ts";

/** The parts of a worker that every worker of the sidecar has alike. */
export interface StartMessage {
  readonly kind: "start";
  /** Counts from 1. */
  readonly worker: number;
  /** The settings that the file gave when the sidecar was started. */
  readonly fileValues: Readonly<Record<string, unknown>>;
  /** Of each policy file, in base64. */
  readonly policies: readonly string[];
  readonly sessionKey: string;
  readonly loopToken: string;
  /** Begins the name of each lease of this worker. */
  readonly leases: string;
  /** Sessions and tools that the other workers know. */
  readonly notes: readonly StateNote[];
}

export type Question = "flush" | "freezes" | "process-metrics";

export type ToWorker =
  | StartMessage
  | { readonly kind: "policies"; readonly policies: readonly string[] }
  | { readonly kind: "reply"; readonly id: number; readonly value: unknown }
  | { readonly kind: "fault"; readonly id: number; readonly fault: StoreFault; readonly text: string }
  | { readonly kind: "note"; readonly note: StateNote }
  | { readonly kind: "question"; readonly id: number; readonly question: Question }
  /** Whether every worker is ready. */
  | { readonly kind: "ready"; readonly isReady: boolean }
  /** Read every file at once, as SIGHUP does. */
  | { readonly kind: "reload" }
  /** Finish open requests, then end. */
  | { readonly kind: "drain" };

/** The state of one worker. */
export interface WorkerState {
  /** Why it is not ready; empty when it is. */
  readonly because: readonly string[];
  readonly streams: number;
  readonly isUpstreamUp: boolean;
  readonly isUpstreamExposed: boolean;
}

export type FromWorker =
  | {
      readonly kind: "store";
      readonly id: number;
      readonly name: ScriptName;
      readonly keys: readonly string[];
      readonly args: readonly string[];
    }
  | { readonly kind: "event"; readonly event: WorkerEvent }
  | { readonly kind: "note"; readonly note: StateNote }
  | { readonly kind: "answer"; readonly id: number; readonly value: string }
  | ({ readonly kind: "state" } & WorkerState)
  /** The MCP endpoint, path included. */
  | { readonly kind: "up"; readonly url: string }
  /** The worker cannot start; its process then ends. */
  | { readonly kind: "failed"; readonly problems: readonly string[]; readonly exitCode: number };
