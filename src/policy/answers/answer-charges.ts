/** The charges that are due when a call has ended. Its own call has passed by then, so that they refuse the next one. */

import type { Outcome } from "../../mcp/vocabulary.ts";
import { isHeldByDouble } from "../../json/compare-numbers.ts";
import { JsonNumber } from "../../json/json.ts";
import type { Unevaluable } from "../decision.ts";
import type { Charge } from "../limit.ts";
import type { AnswerSource } from "./answer-source.ts";

/** The end of a call. */
export interface Answer {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly outcome: Outcome;
  /** Bytes of the server's response; 0 where Tollgate answered itself. */
  readonly bytes: number;
  /** The JSON tokens at the paths that policies name; a path that the answer does not have is absent. */
  readonly amounts?: ReadonlyMap<string, string> | undefined;
  /** `status`: a task has ended, and its result is another message. `result`: such a message, after the end. */
  readonly part?: "status" | "result" | undefined;
}

/** Whether a call with this outcome has failed: the tool, the server, or the way to it. */
export function isFailure(outcome: Outcome): boolean {
  return FAILURES.has(outcome);
}

const FAILURES: ReadonlySet<Outcome> = new Set<Outcome>([
  "tool_error",
  "rpc_error",
  "upstream_error",
  "timeout",
]);

// Security: a call that timed out may still run, and a client can bring about that its call is cancelled.
/** Whether a limit with `on_error: "refund"` gives the charge of the call back. */
export function isRefunded(outcome: Outcome): boolean {
  return isFailure(outcome) && outcome !== "timeout";
}

/** Bytes that count as one token: usual for English text in UTF-8, and too few for most other languages. */
const BYTES_PER_TOKEN = 4;

export interface AnswerCharges {
  readonly charges: readonly Charge[];
  /** Amounts that the answer of a call that did not fail does not have. They count nothing. */
  readonly unevaluable: readonly Unevaluable[];
}

/** Returns what a call is charged for its answer. */
export function answerCharges(due: readonly Charge[], answer: Answer): AnswerCharges {
  const charges: Charge[] = [];
  const unevaluable: Unevaluable[] = [];
  for (const charge of due) {
    const { answer: source, rule } = charge.limit;
    if (source === undefined) continue;
    const amount = amountOf(source, answer);
    if (typeof amount === "string") unevaluable.push({ rule, cause: amount });
    else if (amount > 0) charges.push({ ...charge, amount });
  }
  return { charges, unevaluable };
}

function amountOf(source: AnswerSource, answer: Answer): number | Unevaluable["cause"] {
  switch (source.kind) {
    case "bytes":
      return answer.bytes;
    case "tokens":
      return Math.ceil(answer.bytes / BYTES_PER_TOKEN);
    case "failures":
      return isFailure(answer.outcome) && answer.part !== "result" ? 1 : 0;
    case "path":
      return amountAt(answer.amounts?.get(source.path), answer);
  }
}

/** The number in a JSON token. An answer that failed, and the status of a task, have no amounts. */
function amountAt(token: string | undefined, { outcome, part }: Answer): number | Unevaluable["cause"] {
  if (token === undefined) return outcome === "success" && part !== "status" ? "missing" : 0;
  const number = NUMBER.test(token) ? new JsonNumber(token) : undefined;
  if (number === undefined) return "type";
  if (!isHeldByDouble(number)) return "precision";
  const amount = Number(number.token);
  // Security: a negative amount would refill the counter.
  return amount >= 0 ? amount : "type";
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
