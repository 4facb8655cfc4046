/** Charges the answer of a call, and opens the pauses that its failure brings about. */

import { type Answer, answerCharges } from "../../policy/answers/answer-charges.ts";
import type { Unevaluable } from "../../policy/decision.ts";
import type { Charge } from "../../policy/limit.ts";
import type { MaybePromise } from "../maybe-promise.ts";

/** Makes charges without asking whether they fit; returns the usage before each of them. */
export type AddCharges = (
  charges: readonly Charge[],
  atMs: number,
) => MaybePromise<readonly number[] | undefined>;

/** Makes the charges that are due; returns the amounts that the answer does not have. */
export function chargeAnswer(
  due: readonly Charge[],
  answer: Answer,
  add: AddCharges,
): readonly Unevaluable[] {
  const { charges, unevaluable } = answerCharges(due, answer);
  const amounts = charges.filter(({ limit }) => limit.opener === undefined);
  if (amounts.length > 0) void add(amounts, answer.atMs);
  for (const pause of charges) if (pause.limit.opener !== undefined) countFailure(pause, answer.atMs, add);
  return unevaluable;
}

/** Counts one failure; the one that reaches the number of failures opens the pause, and so does each that follows it. */
function countFailure(pause: Charge, atMs: number, add: AddCharges): void {
  const { opener } = pause.limit;
  if (opener === undefined) return;
  const failure = { limit: opener, key: pause.key, amount: 1 };
  const open = (before: readonly number[] | undefined): void => {
    const failures = (before?.[0] ?? 0) + 1;
    if (failures >= opener.max) void add([pause], atMs);
  };
  const counted = add([failure], atMs);
  if (counted instanceof Promise) void counted.then(open);
  else open(counted);
}
