/** The latest decisions for the console: a bounded ring that can be listed, searched and subscribed to. */

import type { Ending, DecisionRecord, Observer } from "../../enforcement/observer.ts";
import type { Request } from "../../enforcement/request.ts";
import { effectOf, isBlocked } from "../../policy/decision.ts";
import type { Charge } from "../../policy/limit.ts";
import type { Capture, CapturedValues } from "../audit/capture.ts";
import type { DecisionEntry } from "./decision-entry.ts";
import { type DecisionFilter, matchesFilter } from "./decision-filter.ts";
import { copyString } from "../metrics/labels.ts";

export interface Decisions {
  readonly observer: Observer;
  /** The newest `limit` decisions that match, newest first; without a filter all match. */
  readonly list: (limit: number, filter?: DecisionFilter) => readonly DecisionEntry[];
  readonly get: (id: string) => DecisionEntry | undefined;
  /** The request and its decision, for an explanation; a long message is kept without its arguments. */
  readonly decidedRequest: (id: string) => DecidedRequest | undefined;
  /** Argument values of the latest call that needs this approval; undefined when none are recorded. */
  readonly capturedFor: (approval: string) => CapturedValues | undefined;
  /** Calls the listener once for each decision: on a denial at once, else when the call has ended. Returns the function that unsubscribes. */
  readonly subscribe: (listener: (entry: DecisionEntry) => void) => () => void;
}

export interface DecisionsOptions {
  /** Decisions in memory. */
  readonly capacity: number;
  readonly traceIdOf?: (request: Request) => string | undefined;
  /** Argument values that are recorded; absent means none. */
  readonly capture?: Capture;
}

export interface DecidedRequest {
  readonly request: Request;
  readonly judgement: DecisionRecord;
}

/** The source of an entry, which is built only when it is read: most are never read. */
interface Slot extends DecidedRequest {
  readonly traceId: string | undefined;
  readonly captured: CapturedValues | undefined;
  ending?: Ending;
}

type Listener = (entry: DecisionEntry) => void;

export function createDecisions({ capacity, traceIdOf, capture }: DecisionsOptions): Decisions {
  const slotOf = (request: Request, judgement: DecisionRecord): Slot => ({
    request: compact(request),
    judgement,
    traceId: traceIdOf?.(request),
    // Captured now, since a long message is not kept.
    captured: capture?.(request)?.values,
  });
  const slots = new SlotRing(capacity);
  const listeners = new Set<Listener>();
  return {
    observer: {
      requestDecided: (request, judgement) => {
        const slot = slotOf(request, judgement);
        slots.add(slot);
        if (isBlocked(judgement.decision)) publish(listeners, slot);
      },
      requestEnded: (request, ending, judgement) => {
        if (judgement === undefined) return;
        const slot = slots.find((one) => one.request.id === request.id) ?? slotOf(request, judgement);
        slot.ending = ending;
        if (!isBlocked(judgement.decision)) publish(listeners, slot);
      },
    },
    list: (limit, filter = {}) => newest(slots, limit, filter),
    get: (id) => optionalEntry(slots.find(({ request }) => request.id === id)),
    decidedRequest: (id) => slots.find(({ request }) => request.id === id),
    capturedFor: (approval) => slots.find(({ judgement }) => judgement.approval === approval)?.captured,
    subscribe: (listener) => subscribe(listeners, listener),
  };
}

function subscribe(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function publish(listeners: ReadonlySet<Listener>, slot: Slot): void {
  if (listeners.size === 0) return;
  const entry = entryOf(slot);
  for (const listener of listeners) listener(entry);
}

/** The latest slots; the next one overwrites the oldest. Searched from the newest, where a call that ends is found quickly. */
class SlotRing {
  readonly #slots: Slot[] = [];
  readonly #capacity: number;
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(slot: Slot): void {
    this.#slots[this.#next] = slot;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  newestFirst(): readonly Slot[] {
    return [...this.#slots.slice(this.#next), ...this.#slots.slice(0, this.#next)].toReversed();
  }

  /** The newest slot that matches. */
  find(matches: (slot: Slot) => boolean): Slot | undefined {
    for (let back = 1; back <= this.#slots.length; back += 1) {
      const slot = this.#slots[(this.#next - back + this.#capacity) % this.#capacity];
      if (slot !== undefined && matches(slot)) return slot;
    }
    return undefined;
  }
}

function newest(slots: SlotRing, limit: number, filter: DecisionFilter): readonly DecisionEntry[] {
  return slots
    .newestFirst()
    .values()
    .map(entryOf)
    .filter((entry) => matchesFilter(filter, entry))
    .take(limit)
    .toArray();
}

/** Messages up to this length may stay in memory through the ring. */
const MAX_KEPT_BYTES = 8192;

/** Copies the names of a large message, since slices would keep the whole message in memory. */
function compact(request: Request): Request {
  if (request.bytes <= MAX_KEPT_BYTES) return request;
  const { tool, client, agent, args } = request;
  return {
    ...request,
    method: copy(request.method),
    agent: { ...agent, name: copy(agent.name) },
    ...(client && { client: { name: copy(client.name), version: copy(client.version) } }),
    ...(tool && { tool: { ...tool, name: copy(tool.name) } }),
    ...(args && {
      args: { bytes: args.bytes, keys: args.keys.slice(0, MAX_ARGUMENT_NAMES).map(copy), text: "" },
    }),
  };
}

const MAX_NAME = 256;
const MAX_ARGUMENT_NAMES = 64;

function optionalEntry(slot: Slot | undefined): DecisionEntry | undefined {
  return slot && entryOf(slot);
}

function entryOf({ request, judgement, traceId, captured, ending }: Slot): DecisionEntry {
  const { tool, client, agent, args } = request;
  const { decision, policyDigest, approval } = judgement;
  return {
    id: request.id,
    time: new Date(request.receivedAtMs).toISOString(),
    agent: { name: truncated(agent.name), source: agent.source, verified: agent.verified },
    ...(agent.user !== undefined && { user: agent.user }),
    ...(request.address !== undefined && { address: request.address }),
    ...(client && { client: { name: truncated(client.name), version: truncated(client.version) } }),
    transport: request.transport,
    method: truncated(request.method),
    ...(tool && { tool: truncated(tool.name), category: tool.category }),
    argumentNames: (args?.keys ?? []).slice(0, MAX_ARGUMENT_NAMES).map(truncated),
    ...(captured && { captured }),
    effect: effectOf(decision),
    ...(decision.denial && { denial: decision.denial }),
    unevaluable: decision.unevaluable,
    ...(decision.arguments && { argumentsCheck: decision.arguments }),
    charges: decision.charges.map(chargeEntry),
    policyDigest,
    ...(approval !== undefined && { approval }),
    ...(traceId !== undefined && { traceId }),
    ...(ending && { outcome: ending.outcome, durationMs: ending.totalMs }),
  };
}

function chargeEntry({ limit, amount }: Charge): DecisionEntry["charges"][number] {
  return { counter: limit.counter, rule: limit.rule, amount };
}

function truncated(text: string): string {
  return text.slice(0, MAX_NAME);
}

function copy(text: string): string {
  return copyString(text, MAX_NAME);
}
