/** Recorded calls under another policy: what would have been decided, and what cannot be told. */

import { Counters } from "../../enforcement/limits/memory-counters.ts";
import type { Policy } from "../../policy/policy.ts";
import { decide } from "../../policy/decide.ts";
import { decideMethod } from "../../policy/decide-method.ts";
import { type Decision, type Denial, effectOf, isBlocked } from "../../policy/decision.ts";
import type { Reason } from "../../policy/mode.ts";
import type { ReadUsage } from "../../policy/limit.ts";
import { isKnownMethod } from "../../mcp/methods.ts";
import type { AuditLog, RecordedCall } from "./audit-lines.ts";
import { boundsFor, namedArguments } from "./replay-rules.ts";

/** `unknown`: it depends on what the log does not hold. */
export type NewEffect = "allow" | "would_deny" | "deny" | "unknown";

export interface ReplayedCall {
  readonly call: RecordedCall;
  readonly now: NewEffect;
  /** What denies, or may deny. */
  readonly denial?: Denial;
}

export interface Replay {
  readonly replayed: readonly ReplayedCall[];
  /** Denied for a reason that no policy file decides: frozen, without proof of identity, and so on. */
  readonly outside: number;
}

/** Judged before the policy, or by something beside it. */
const OUTSIDE: ReadonlySet<Reason> = new Set<Reason>([
  "unauthenticated",
  "no_policy",
  "frozen",
  "invalid_message",
  "limiter_unavailable",
  "approval_rejected",
  "tool_changed",
]);

/** Judges every call again, with limits at the recorded times; counters start empty. */
export function replayLog({ calls }: AuditLog, policy: Policy): Replay {
  const counters = new Counters();
  const inside = calls.filter(
    ({ reason, was }) => was === "allow" || reason === undefined || !OUTSIDE.has(reason),
  );
  return {
    replayed: inside.map((call) => replayCall(call, policy, counters)),
    outside: calls.length - inside.length,
  };
}

function replayCall(call: RecordedCall, policy: Policy, counters: Counters): ReplayedCall {
  const readUsage: ReadUsage = (charge) => counters.read(charge, call.atMs);
  const { lenient, severe } = judge(call, policy, readUsage);
  if (isBlocked(lenient)) return replayed(call, "deny", lenient);
  // Security: what may have passed is counted as passed, so that a limit is never shown emptier than it may have been.
  counters.charge(lenient.charges, call.atMs);
  if (isBlocked(severe)) return replayed(call, "unknown", severe);
  return replayed(call, effectOf(severe) === "would_deny" ? "would_deny" : "allow", severe);
}

function replayed(call: RecordedCall, now: NewEffect, { denial }: Decision): ReplayedCall {
  return { call, now, ...(denial !== undefined && { denial }) };
}

function judge(
  recorded: RecordedCall,
  policy: Policy,
  readUsage: ReadUsage,
): { lenient: Decision; severe: Decision } {
  const { principal: agent, session, tool, method, argumentNames, category, isApproved } = recorded;
  const caller = { agent, ...(session !== undefined && { session }) };
  if (tool === undefined) {
    const decision = decideMethod(
      policy,
      { ...caller, method, isKnownMethod: isKnownMethod(method) },
      readUsage,
    );
    return { lenient: decision, severe: decision };
  }
  const assignment = { category, source: "heuristic", confidence: 0 } as const;
  const call = { ...caller, tool, category: assignment, args: namedArguments(argumentNames), isApproved };
  const { lenient, severe } = boundsFor(policy, argumentNames);
  return { lenient: decide(lenient, call, readUsage), severe: decide(severe, call, readUsage) };
}
