/** A decision, and the functions that undo its charges, or add those of the answer. */

import type { Answer } from "../../policy/answers/answer-charges.ts";
import { isRefunded } from "../../policy/answers/answer-charges.ts";
import { type Decision, isBlocked, type Unevaluable } from "../../policy/decision.ts";
import { type AddCharges, chargeAnswer } from "./charge-answer.ts";
import type { MemoryCounters, Receipt } from "./memory-counters.ts";

/** A decision; when it lets the call pass, its charges are made. */
export interface ChargedDecision {
  readonly decision: Decision;
  /** Undoes the charges of a call that was never sent, those of calls in flight included. */
  readonly refund: () => void;
  /** Ends the charges of calls in flight, when the call has ended. May be called more than once, also after a refund. */
  readonly release: () => void;
  /**
   * Charges what limits count of the answer, and gives back the charges that a failed call gets back. Called at the end of the call,
   * and again for the result of a task that is a message of its own. Returns the amounts that the answer does not have.
   */
  readonly answered: (answer: Answer) => readonly Unevaluable[];
  /** Whether a limit counts something of the answer. */
  readonly countsAnswer: boolean;
}

/** Makes the charges of a decision in memory, unless it denies. */
export function chargeInMemory(counters: MemoryCounters, decision: Decision, nowMs: number): ChargedDecision {
  if (isBlocked(decision) || (decision.charges.length === 0 && decision.due === undefined))
    return uncharged(decision);
  const receipts = counters.charge(decision.charges, nowMs);
  return refundable(decision, receipts, {
    undo: (undone) => counters.refund(undone),
    add: (charges, atMs) => counters.add(charges, atMs),
  });
}

/** A decision without charges. */
export function uncharged(decision: Decision): ChargedDecision {
  return { decision, refund: nothing, release: nothing, answered: noAmounts, countsAnswer: false };
}

function nothing(): void {
  // Nothing was charged.
}

function noAmounts(): readonly Unevaluable[] {
  return [];
}

/** How charges are undone, and how those of an answer are made. */
export interface Ledger<Charged> {
  readonly undo: (receipts: readonly Charged[]) => void;
  readonly add: AddCharges;
}

/** A decision whose charges are undone by `undo`: each at most once. */
export function refundable<Charged extends Pick<Receipt, "isInFlight" | "isRefundedOnError">>(
  decision: Decision,
  receipts: readonly Charged[],
  { undo, add }: Ledger<Charged>,
): ChargedDecision {
  const inFlight = receipts.filter(({ isInFlight }) => isInFlight);
  let counted = inFlight.length === 0 ? receipts : receipts.filter(({ isInFlight }) => !isInFlight);
  const release = inFlight.length === 0 ? nothing : once(() => undo(inFlight));
  const refund = (): void => {
    release();
    if (counted.length > 0) undo(counted);
  };
  const answered = (answer: Answer): readonly Unevaluable[] => {
    const returned = isRefunded(answer.outcome) ? counted.filter((each) => each.isRefundedOnError) : [];
    // Each is given back once: the result of a task may tell of the same failure again.
    if (returned.length > 0) {
      counted = counted.filter((each) => !each.isRefundedOnError);
      undo(returned);
    }
    return decision.due === undefined ? [] : chargeAnswer(decision.due, answer, add);
  };
  return { decision, refund, release, answered, countsAnswer: decision.due !== undefined };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
