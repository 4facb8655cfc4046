/** Decides recorded calls again under another policy, as far as the log permits. */

import { isInFlight, type ReadUsage } from "../../policy/limit.ts";
import { chargeInMemory } from "../../enforcement/limits/charged-decision.ts";
import { MemoryCounters } from "../../enforcement/limits/memory-counters.ts";
import type { Caller } from "../../policy/caller.ts";
import type { Policy } from "../../policy/policy.ts";
import { decide } from "../../policy/decide.ts";
import { decideMethod } from "../../policy/decide-method.ts";
import { type Decision, type Denial, effectOf, isBlocked } from "../../policy/decision.ts";
import { REASONS_OUTSIDE_POLICY } from "../../policy/mode.ts";
import type { JsonObject } from "../../json/json.ts";
import { isKnownMethod } from "../../mcp/methods.ts";
import type { AuditLog, RecordedCall } from "./audit-lines.ts";
import { policyBounds, namedArguments } from "./replay-rules.ts";

/** `unknown`: the decision depends on data that the log does not contain. */
export type NewEffect = "allow" | "would_deny" | "deny" | "unknown";

/** A recorded call with its new decision. */
export interface ReplayedCall {
  readonly call: RecordedCall;
  readonly newEffect: NewEffect;
  /** The denial, or the possible denial of an `unknown` call. */
  readonly denial?: Denial;
}

export interface Replay {
  readonly replayed: readonly ReplayedCall[];
  /** Number of calls denied for other reasons than the policy file: frozen, unauthenticated and so on. */
  readonly outsidePolicy: number;
}

/** Decides every call again, with limits at the recorded times; counters start empty. */
export function replayLog({ calls }: AuditLog, policy: Policy): Replay {
  const counters = new MemoryCounters();
  const inside = calls.filter(
    ({ reason, recordedEffect: was }) =>
      was === "allow" || reason === undefined || !REASONS_OUTSIDE_POLICY.has(reason),
  );
  return {
    replayed: inside.map((call) => replayCall(call, policy, counters)),
    outsidePolicy: calls.length - inside.length,
  };
}

function replayCall(call: RecordedCall, policy: Policy, counters: MemoryCounters): ReplayedCall {
  const readUsage: ReadUsage = (charge) => counters.read(charge, call.atMs);
  const { lenient, severe } = decideBounds(call, policy, readUsage);
  if (isBlocked(lenient)) return replayed(call, "deny", lenient);
  // Security: count a call that may have passed, so that replay never understates the use of a limit.
  // The log has no end of a call that the policy would have let pass, so that calls in flight are not counted.
  // Answers are counted when their calls begin, so that none of them comes too late for the next call.
  const charges = lenient.charges.filter(({ limit }) => !isInFlight(limit));
  chargeInMemory(counters, { ...lenient, charges }, call.atMs).answered({
    atMs: call.atMs,
    outcome: call.outcome ?? "success",
    bytes: call.resultBytes ?? 0,
  });
  if (isBlocked(severe)) return replayed(call, "unknown", severe);
  return replayed(call, effectOf(severe) === "would_deny" ? "would_deny" : "allow", severe);
}

function replayed(call: RecordedCall, now: NewEffect, { denial }: Decision): ReplayedCall {
  return { call, newEffect: now, ...(denial !== undefined && { denial }) };
}

function recordedCaller({ atMs, principal, user, source = "none", address, session }: RecordedCall): Caller {
  return {
    agent: principal,
    nowMs: atMs,
    source,
    ...(user !== undefined && { user }),
    ...(address !== undefined && { address }),
    ...(session !== undefined && { session }),
  };
}

/** Schemas that stand for the recorded result of the check, since the log has neither values nor schemas. */
const FITS_ALL: JsonObject = new Map();
const FITS_NOTHING: JsonObject = new Map([["not", new Map()]]);

function decideBounds(
  recorded: RecordedCall,
  policy: Policy,
  readUsage: ReadUsage,
): { lenient: Decision; severe: Decision } {
  const { tool, method, argumentNames, category, isApproved } = recorded;
  const caller = recordedCaller(recorded);
  const inputSchema = recorded.isMisfit ? FITS_NOTHING : FITS_ALL;
  if (tool === undefined) {
    const decision = decideMethod(
      policy,
      { ...caller, method, isKnownMethod: isKnownMethod(method) },
      readUsage,
    );
    return { lenient: decision, severe: decision };
  }
  const assignment = { category, source: "heuristic", confidence: 0 } as const;
  const args = namedArguments(argumentNames);
  const call = { ...caller, tool, category: assignment, args, inputSchema, isApproved };
  const { lenient, severe } = policyBounds(policy, { names: argumentNames, caller, category });
  // A name that the server does not list, and a changed tool, are recorded for denied calls alone.
  const isLookAlike = recorded.reason === "look_alike";
  const isToolChanged = recorded.reason === "tool_changed";
  return {
    lenient: decide(lenient, { ...call, listing: isLookAlike ? undefined : "listed" }, readUsage),
    severe: decide(
      severe,
      { ...call, listing: isLookAlike ? "look_alike" : undefined, isToolChanged },
      readUsage,
    ),
  };
}
