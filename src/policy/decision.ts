/** A call and its decision, as data. */

import type { Caller } from "./caller.ts";
import type { CategoryAssignment } from "./category/category.ts";
import type { JsonObject } from "../json/json.ts";
import type { ArgumentCheck, ArgumentsFault } from "./arguments/argument-check.ts";
import type { Charge } from "./limit.ts";
import type { Listing } from "./listing.ts";
import type { Effect, Mode, Reason } from "./mode.ts";

/** The parts of a tools/call that a policy depends on. */
export interface Call extends Caller {
  readonly tool: string;
  readonly category: CategoryAssignment;
  /** The tool's inputSchema in the server's tools/list; absent when it is not known. */
  readonly inputSchema?: JsonObject | undefined;
  /** Absent when the server lists no such name, and while its list is not known. */
  readonly listing?: Listing | undefined;
  /** `params.arguments`; an empty Map when the message has none. */
  readonly args: JsonObject;
  /** Shortens the key of calls with the same arguments; absent: their text is the key. */
  readonly digest?: (text: string) => string;
  /** A person approved exactly this call, so rules no longer ask for approval. */
  readonly isApproved?: boolean;
  /** The tool's definition differs from the pinned one. */
  readonly isToolChanged?: boolean;
}

export interface Denial {
  readonly effect: "deny" | "ask";
  readonly reason: Reason;
  /** PolicyLayer's rule pointer: `/tools/x/limits/per-minute`, `(hidden)`, `(default deny)`, `(no policy)`. */
  readonly rule: string;
  /** The author's message (`on_deny` or `reason`). */
  readonly message?: string;
  /** The condition that decided, `args.amount gt 100`, or why the arguments do not fit the tool's schema. Never an argument's value. */
  readonly condition?: string;
  /** Milliseconds until the same call may succeed; only for limits. */
  readonly retryAfterMs?: number;
  /** The full limit and its usage. */
  readonly limit?: LimitReading;
  /** `shadow` lets the call pass and counts it as `would_deny`. */
  readonly mode: Mode;
}

export interface LimitReading {
  readonly counter: string;
  readonly used: number;
  readonly max: number;
}

export const UNEVALUABLE_CAUSES = ["missing", "type", "precision", "size", "encoding", "look_alike"] as const;

/** A condition that could not be evaluated. The count shows rules that never work. */
export interface Unevaluable {
  readonly rule: string;
  readonly cause: (typeof UNEVALUABLE_CAUSES)[number];
}

/** Arguments that were not found to fit the tool's inputSchema, and whether that denies. */
export interface CheckedArguments extends ArgumentsFault {
  readonly check: Exclude<ArgumentCheck, "off">;
}

export interface Decision {
  /** Absent: the call is allowed. Present with mode `shadow`: allowed, and enforcing would deny it. */
  readonly denial?: Denial;
  /** The charges that the call must pay, all or none, before it may pass; empty when it is denied. */
  readonly charges: readonly Charge[];
  /** Charges whose amounts come with the answer; absent when there are none, and when it is denied. */
  readonly due?: readonly Charge[];
  readonly unevaluable: readonly Unevaluable[];
  /** Absent when the arguments fit, or were not checked. */
  readonly arguments?: CheckedArguments;
}

/** Whether the call must not pass. */
export function isBlocked(decision: Pick<Decision, "denial">): boolean {
  return decision.denial?.mode === "enforce";
}

/** Returns the effect that metrics and audit records count. */
export function effectOf(decision: Pick<Decision, "denial">): Effect {
  if (decision.denial === undefined) return "allow";
  return decision.denial.mode === "shadow" ? "would_deny" : decision.denial.effect;
}
