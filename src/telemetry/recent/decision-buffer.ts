/** The latest decisions, for people who look: a bounded ring that can be listed, searched and listened to. */

import type { Ending, Judgement, Observer } from "../../enforcement/observer.ts";
import type { Request } from "../../enforcement/request.ts";
import { effectOf, isBlocked } from "../../policy/decision.ts";
import type { Charge } from "../../policy/limit.ts";
import type { Capture, CapturedValues } from "../audit/capture.ts";
import type { DecisionEntry } from "./decision-entry.ts";
import { type DecisionFilter, matchesFilter } from "./decision-filter.ts";
import { copyString } from "../metrics/labels.ts";

export interface Decisions {
  readonly observer: Observer;
  /** Newest first, those that match; absent means all. */
  readonly list: (limit: number, filter?: DecisionFilter) => readonly DecisionEntry[];
  readonly get: (id: string) => DecisionEntry | undefined;
  /** What was judged, for an explanation; of a long message the arguments are gone. */
  readonly decidedRequest: (id: string) => DecidedRequest | undefined;
  /** Values that were kept of the last call that this approval is about. */
  readonly capturedFor: (approval: string) => CapturedValues | undefined;
  /** The listener hears of each decision once: when denied, or when the call ended. Returns the way to stop it. */
  readonly subscribe: (listener: (entry: DecisionEntry) => void) => () => void;
}

export interface DecisionsOptions {
  /** How many are kept. */
  readonly capacity: number;
  readonly traceIdOf?: (request: Request) => string | undefined;
  /** Argument values that are kept; absent means none. */
  readonly capture?: Capture;
}

export interface DecidedRequest {
  readonly request: Request;
  readonly judgement: Judgement;
}

/** What a decision is described from, once somebody asks: most are never looked at. */
interface Slot extends DecidedRequest {
  readonly traceId: string | undefined;
  readonly captured: CapturedValues | undefined;
  ending?: Ending;
}

type Listener = (entry: DecisionEntry) => void;

export function createDecisions({ capacity, traceIdOf, capture }: DecisionsOptions): Decisions {
  const slotOf = (request: Request, judgement: Judgement): Slot => ({
    request: compact(request),
    judgement,
    traceId: traceIdOf?.(request),
    // Now, since a long message is not kept.
    captured: capture?.(request),
  });
  const slots = new SlotRing(capacity);
  const listeners = new Set<Listener>();
  return {
    observer: {
      requestJudged: (request, judgement) => {
        const slot = slotOf(request, judgement);
        slots.keep(slot);
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
    get: (id) => describeAny(slots.find(({ request }) => request.id === id)),
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

/** The latest slots, the oldest overwritten by the next. A call that ends is among the newest: a search from there beats a table of all. */
class SlotRing {
  readonly #slots: Slot[] = [];
  readonly #capacity: number;
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  keep(slot: Slot): void {
    this.#slots[this.#next] = slot;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  newestFirst(): readonly Slot[] {
    return [...this.#slots.slice(this.#next), ...this.#slots.slice(0, this.#next)].toReversed();
  }

  /** The newest that matches. */
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

/** Messages up to this length may be kept alive by the ring. */
const SMALL_BYTES = 8192;

/** Names of a large message are copied, so that the ring does not keep the message alive that they were cut from. */
function compact(request: Request): Request {
  if (request.bytes <= SMALL_BYTES) return request;
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

function describeAny(slot: Slot | undefined): DecisionEntry | undefined {
  return slot && entryOf(slot);
}

function entryOf({ request, judgement, traceId, captured, ending }: Slot): DecisionEntry {
  const { tool, client, agent, args } = request;
  const { decision, policyDigest, approval } = judgement;
  return {
    id: request.id,
    time: new Date(request.receivedAtMs).toISOString(),
    agent: { ...agent, name: cut(agent.name) },
    ...(client && { client: { name: cut(client.name), version: cut(client.version) } }),
    transport: request.transport,
    method: cut(request.method),
    ...(tool && { tool: cut(tool.name), category: tool.category }),
    argumentNames: (args?.keys ?? []).slice(0, MAX_ARGUMENT_NAMES).map(cut),
    ...(captured && { captured }),
    effect: effectOf(decision),
    ...(decision.denial && { denial: decision.denial }),
    unevaluable: decision.unevaluable,
    charges: decision.charges.map(chargeOf),
    policyDigest,
    ...(approval !== undefined && { approval }),
    ...(traceId !== undefined && { traceId }),
    ...(ending && { outcome: ending.outcome, durationMs: ending.totalMs }),
  };
}

function chargeOf({ limit, amount }: Charge): DecisionEntry["charges"][number] {
  return { counter: limit.counter, rule: limit.rule, amount };
}

function cut(text: string): string {
  return text.slice(0, MAX_NAME);
}

function copy(text: string): string {
  return copyString(text, MAX_NAME);
}
