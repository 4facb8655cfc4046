/** The ring of decisions as objects on the heap: the reference that the ring of rows is compared with. */

import type { DecisionRecord, Ending } from "../../../src/enforcement/observer.ts";
import type { Request } from "../../../src/enforcement/request.ts";
import { effectOf, isBlocked } from "../../../src/policy/decision.ts";
import type { DecisionEntry } from "../../../src/telemetry/recent/decision-entry.ts";
import type { DecisionsOptions } from "../../../src/telemetry/recent/decision-buffer.ts";

interface Slot {
  readonly request: Request;
  readonly judgement: DecisionRecord;
  readonly traceId: string | undefined;
  readonly captured: DecisionEntry["captured"];
  ending?: Ending;
}

export class HeapRing {
  /** Oldest first. */
  #slots: Slot[] = [];
  readonly published: DecisionEntry[] = [];
  readonly #options: DecisionsOptions;

  constructor(options: DecisionsOptions) {
    this.#options = options;
  }

  decided(request: Request, judgement: DecisionRecord): void {
    const slot = this.#slotOf(request, judgement);
    this.#slots = [...this.#slots, slot].slice(-this.#options.capacity);
    if (isBlocked(judgement.decision)) this.published.push(entryOf(slot));
  }

  ended(request: Request, ending: Ending, judgement: DecisionRecord): void {
    const slot =
      this.#slots.findLast((one) => one.request.id === request.id) ?? this.#slotOf(request, judgement);
    slot.ending = ending;
    if (!isBlocked(judgement.decision)) this.published.push(entryOf(slot));
  }

  /** Newest first. */
  entries(): readonly DecisionEntry[] {
    return this.#slots.map(entryOf).toReversed();
  }

  #slotOf(request: Request, judgement: DecisionRecord): Slot {
    const { traceIdOf, capture } = this.#options;
    return { request, judgement, traceId: traceIdOf?.(request), captured: capture?.(request)?.values };
  }
}

const MAX_NAME = 256;
const MAX_ARGUMENT_NAMES = 64;

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
    charges: decision.charges.map(({ limit: { counter, rule }, amount }) => ({ counter, rule, amount })),
    policyDigest,
    ...(approval !== undefined && { approval }),
    ...(traceId !== undefined && { traceId }),
    ...(ending && { outcome: ending.outcome, durationMs: ending.totalMs }),
  };
}

function truncated(text: string): string {
  return text.slice(0, MAX_NAME);
}
