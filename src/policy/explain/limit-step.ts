/** Explains a limit: what one call adds to it, or what is counted when the call has ended. */

import type { AnswerSource } from "../answers/answer-source.ts";
import type { Call } from "../decision.ts";
import { ceilingOf, isInFlight, type Scope } from "../limit.ts";
import type { CompiledLimit } from "../policy.ts";

export interface LimitVerdict {
  readonly verdict: "passes" | "denies";
  readonly why: string;
}

/** Explains a limit by the amount that one call adds, since counters are not known here. */
export function limitVerdict({ limit, amountOf }: CompiledLimit, { args, inputSchema }: Call): LimitVerdict {
  const { max, scope, opener, answer } = limit;
  const amount = amountOf(args, inputSchema);
  if (typeof amount === "string") return { verdict: "denies", why: `the amount ${AMOUNT[amount]}` };
  if (opener !== undefined) {
    const why = `${opener.max} failures begin a pause for ${whoseCalls(scope)}`;
    return { verdict: "passes", why };
  }
  const fits = amount <= ceilingOf(limit);
  const counted = `for ${whoseCalls(scope)}${fits ? "" : ", which never fits"}`;
  const verdict = fits ? "passes" : "denies";
  if (answer !== undefined) {
    const why = `counts ${sourceText(answer)} ${counted}, when the call has ended: at ${max} the next one is denied`;
    return { verdict, why };
  }
  const adds = isInFlight(limit) ? "is one call in flight" : `adds ${amount}`;
  return { verdict, why: `${adds} of ${max} ${counted}` };
}

function whoseCalls(scope: Scope): string {
  if (scope === "server") return "all agents together";
  return scope === "arguments" ? "the same arguments of an agent" : `each ${scope.replace("+", " and ")}`;
}

const AMOUNT = {
  missing: "is missing",
  type: "is no number of 0 or more",
  precision: "is another number as a double",
  encoding: "holds a surrogate that stands alone",
  look_alike: "stands beside a name that could be taken for it",
} as const;

function sourceText(source: AnswerSource): string {
  switch (source.kind) {
    case "bytes":
      return "the bytes of the answer";
    case "tokens":
      return "the tokens of the answer, by an estimate,";
    case "failures":
      return "failed calls";
    case "path":
      return source.path;
  }
}
