/** What a policy decides about one call, as data. */

import type { CategoryAssignment } from "./category/category.ts";
import type { JsonObject } from "../json/json.ts";
import type { Charge } from "./limit.ts";
import type { Effect, Mode, Reason } from "./mode.ts";

/** One tools/call, as a policy sees it. */
export interface Call {
  readonly tool: string;
  readonly category: CategoryAssignment;
  /** What the server's tools/list declares of the arguments; absent when it did not. */
  readonly inputSchema?: JsonObject | undefined;
  /** `params.arguments`; an empty Map when the message has none. */
  readonly args: JsonObject;
  /** The agent that limits hang on; callers without proof share the one name `anonymous`. */
  readonly agent: string;
  /** The session that `scope: "session"` hangs on; absent in the stateless era. */
  readonly session?: string;
  /** A person approved exactly this call: what would ask for approval no longer objects. */
  readonly isApproved?: boolean;
  /** The tool's definition is no longer the pinned one. */
  readonly isToolChanged?: boolean;
}

export interface Denial {
  readonly effect: "deny" | "ask";
  readonly reason: Reason;
  /** PolicyLayer's rule pointer: `/tools/x/limits/per-minute`, `(hidden)`, `(default deny)`, `(no policy)`. */
  readonly rule: string;
  /** The author's own words (`on_deny` or `reason`). */
  readonly message?: string;
  /** What was tested, for people: `args.amount gt 100`. Never an argument's value. */
  readonly condition?: string;
  /** When the same call may succeed, in milliseconds from now; only for limits. */
  readonly retryAfterMs?: number;
  /** The limit that was full, and how full it was. */
  readonly limit?: LimitReading;
  /** `shadow` lets the call pass, and counts it as `would_deny`. */
  readonly mode: Mode;
}

export interface LimitReading {
  readonly counter: string;
  readonly used: number;
  readonly max: number;
}

/** A condition that could not be evaluated, for the count that makes a rule that never works visible. */
export interface Unevaluable {
  readonly rule: string;
  readonly cause: "missing" | "type" | "size" | "look_alike";
}

export interface Decision {
  /** Absent: the call is allowed by the rules themselves. Present with mode `shadow`: allowed, and would be denied. */
  readonly denial?: Denial;
  /** What has to be charged, all or none, before the call may pass; empty when the call is denied. */
  readonly charges: readonly Charge[];
  readonly unevaluable: readonly Unevaluable[];
}

/** Whether the call must not pass. */
export function isBlocked(decision: Decision): boolean {
  return decision.denial?.mode === "enforce";
}

/** The effect as it is counted. */
export function effectOf(decision: Decision): Effect {
  if (decision.denial === undefined) return "allow";
  return decision.denial.mode === "shadow" ? "would_deny" : decision.denial.effect;
}
