/** The events of a worker's requests, as JSON. */

import type {
  Direction,
  Ending,
  ListedTools,
  RecordedDecision,
  Refusal,
} from "../../enforcement/observer.ts";
import type { Agent, Request } from "../../enforcement/request.ts";
import type { StateMetrics } from "../../telemetry/metrics/state-metrics.ts";

/** A request without the functions that belong to its process. */
export interface SentRequest extends Omit<Request, "agent" | "tool"> {
  readonly agent: Omit<Agent, "proof">;
  readonly tool?: Omit<NonNullable<Request["tool"]>, "answered"> | undefined;
  /** The claims, groups and scopes of its proof as JSON; absent without one. */
  readonly proof?: string | undefined;
  /** The trace that it is sampled in. */
  readonly traceId?: string | undefined;
}

/** Counters that a worker counts by itself; the rest is counted from its requests. */
export type CountedByWorker =
  | "approval"
  | "limitStoreFailed"
  | "failedOpen"
  | "spansLost"
  | "upstreamLineDropped";

type Counting<Name extends CountedByWorker> = {
  readonly kind: "count";
  readonly name: Name;
  readonly args: Parameters<StateMetrics[Name]>;
};

export type CountEvent = { [Name in CountedByWorker]: Counting<Name> }[CountedByWorker];

export type WorkerEvent =
  | { readonly kind: "started"; readonly request: SentRequest }
  | {
      readonly kind: "decided";
      readonly id: string;
      readonly decision: RecordedDecision;
      readonly policyDigest: string;
      readonly approval?: string;
    }
  | { readonly kind: "ended"; readonly id: string; readonly ending: Ending }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "passed"; readonly direction: Direction; readonly method: string }
  | { readonly kind: "listed"; readonly list: ListedTools }
  | CountEvent;
