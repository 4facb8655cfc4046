/** Gives the events of one worker to the observers of the supervising process, as if its requests were served there. */

import type { DecisionRecord, Observer } from "../../enforcement/observer.ts";
import type { Agent, Request } from "../../enforcement/request.ts";
import { isJsonObject, type Json, type JsonObject } from "../../json/json.ts";
import { readArguments } from "../../json/message-bounds.ts";
import type { Proof } from "../../policy/caller.ts";
import type { StateMetrics } from "../../telemetry/metrics/state-metrics.ts";
import type { CountEvent, SentRequest, WorkerEvent } from "./events.ts";

export interface ReplayOptions {
  readonly observer: Required<Observer>;
  readonly metrics: Pick<StateMetrics, CountEvent["name"]>;
  readonly nowMs: () => number;
  /** Called with the trace of a request, before any observer. */
  readonly onTraced: (request: Request, traceId: string) => void;
}

interface OpenRequest {
  readonly request: Request;
  record: DecisionRecord | undefined;
}

export class EventReplay {
  readonly #options: ReplayOptions;
  /** The requests of the worker that have not ended. */
  readonly #open = new Map<string, OpenRequest>();

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  replay(event: WorkerEvent): void {
    const { observer } = this.#options;
    switch (event.kind) {
      case "started":
        return this.#start(event.request);
      case "decided":
        return this.#decide(event.id, event);
      case "ended": {
        const open = this.#open.get(event.id);
        this.#open.delete(event.id);
        if (open !== undefined) observer.requestEnded(open.request, event.ending, open.record);
        return undefined;
      }
      case "refused":
        return observer.messageRefused(event.refusal);
      case "passed":
        return observer.messagePassed(event.direction, event.method);
      case "listed":
        return observer.toolsListed(event.list);
      case "count":
        return count(this.#options.metrics, event);
    }
  }

  /** Ends the requests of a worker that is gone, whose clients have lost their connections. */
  endAll(): void {
    const { observer, nowMs } = this.#options;
    for (const { request, record } of this.#open.values()) {
      const totalMs = Math.max(0, nowMs() - request.receivedAtMs);
      observer.requestEnded(request, { outcome: "cancelled", totalMs, resultBytes: 0 }, record);
    }
    this.#open.clear();
  }

  #start({ traceId, proof, agent, ...sent }: SentRequest): void {
    const request: Request = { ...sent, agent: proof === undefined ? agent : withProof(agent, proof) };
    if (traceId !== undefined) this.#options.onTraced(request, traceId);
    this.#open.set(request.id, { request, record: undefined });
    this.#options.observer.requestStarted(request);
  }

  #decide(id: string, { decision, policyDigest, approval }: DecisionRecord): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    open.record = { decision, policyDigest, ...(approval !== undefined && { approval }) };
    this.#options.observer.requestDecided(open.request, open.record);
  }
}

function count(metrics: ReplayOptions["metrics"], event: CountEvent): void {
  switch (event.name) {
    case "approval":
      return metrics.approval(...event.args);
    case "limitStoreFailed":
      return metrics.limitStoreFailed(...event.args);
    case "failedOpen":
      return metrics.failedOpen(...event.args);
    case "spansLost":
      return metrics.spansLost(...event.args);
    case "upstreamLineDropped":
      return metrics.upstreamLineDropped(...event.args);
  }
}

function withProof(agent: Omit<Agent, "proof">, text: string): Agent {
  let read: Proof | undefined;
  return { ...agent, proof: () => (read ??= readProof(text)) };
}

const NO_CLAIMS: JsonObject = new Map();

function readProof(text: string): Proof {
  const parts = readArguments(text) ?? NO_CLAIMS;
  const claims = parts.get("claims");
  const issuer = parts.get("issuer");
  return {
    claims: isJsonObject(claims) ? claims : NO_CLAIMS,
    ...(typeof issuer === "string" && { issuer }),
    ...member("groups", parts.get("groups")),
    ...member("scopes", parts.get("scopes")),
  };
}

function member(
  name: "groups" | "scopes",
  value: Json | undefined,
): { readonly groups?: Json; readonly scopes?: Json } {
  return value === undefined ? {} : { [name]: value };
}
