/** A decision, and the functions that undo its charges. */

import { type Decision, isBlocked } from "../../policy/decision.ts";
import type { MemoryCounters, Receipt } from "./memory-counters.ts";

/** A decision; when it lets the call pass, its charges are made. */
export interface ChargedDecision {
  readonly decision: Decision;
  /** Undoes the charges of a call that was never sent, those of calls in flight included. */
  readonly refund: () => void;
  /** Ends the charges of calls in flight, when the call has ended. May be called more than once, also after a refund. */
  readonly release: () => void;
}

/** Makes the charges of a decision in memory, unless it denies. */
export function chargeInMemory(counters: MemoryCounters, decision: Decision, nowMs: number): ChargedDecision {
  if (isBlocked(decision) || decision.charges.length === 0) return uncharged(decision);
  const receipts = counters.charge(decision.charges, nowMs);
  return refundable(decision, receipts, (undone) => counters.refund(undone));
}

/** A decision without charges. */
export function uncharged(decision: Decision): ChargedDecision {
  return { decision, refund: nothing, release: nothing };
}

function nothing(): void {
  // Nothing was charged.
}

/** A decision whose charges are undone by `undo`: each at most once. */
export function refundable<Charged extends Pick<Receipt, "isInFlight">>(
  decision: Decision,
  receipts: readonly Charged[],
  undo: (receipts: readonly Charged[]) => void,
): ChargedDecision {
  const inFlight = receipts.filter(({ isInFlight }) => isInFlight);
  const counted = inFlight.length === 0 ? receipts : receipts.filter(({ isInFlight }) => !isInFlight);
  const release = inFlight.length === 0 ? nothing : once(() => undo(inFlight));
  const refund = (): void => {
    release();
    if (counted.length > 0) undo(counted);
  };
  return { decision, refund, release };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
