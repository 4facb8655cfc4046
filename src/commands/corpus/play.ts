/** Plays a corpus story: decides its calls under its policy and compares each decision with the expected one. */

import { chargeInMemory, type ChargedDecision } from "../../enforcement/limits/charged-decision.ts";
import { MemoryCounters } from "../../enforcement/limits/memory-counters.ts";
import type { Answer } from "../../policy/answers/answer-charges.ts";
import { classifyTool } from "../../policy/category/classify.ts";
import { type Caller, proofOf } from "../../policy/caller.ts";
import type { ReadUsage } from "../../policy/limit.ts";
import { type Policy, withoutArgumentChecks } from "../../policy/policy.ts";
import { decide } from "../../policy/decide.ts";
import { decideMethod } from "../../policy/decide-method.ts";
import { type Call, type Decision, effectOf } from "../../policy/decision.ts";
import type { Effect } from "../../policy/mode.ts";
import type { JsonObject } from "../../json/json.ts";
import { printJson } from "../../json/print-json.ts";
import type { Story, StoryAnswer, StoryCall, StoryTool } from "./story.ts";

/** A decision in the format of corpus files. */
export interface StoryOutcome {
  readonly effect: Effect;
  readonly reason?: string;
  readonly rule?: string;
  /** Whole seconds until the call may succeed. */
  readonly retry_after?: number;
  readonly message?: string;
}

/** One decided call of a story. */
export interface StoryResult {
  /** Position in the story's list of calls. */
  readonly index: number;
  readonly call: StoryCall;
  readonly outcome: StoryOutcome;
  /** Mismatches such as `reason: expected hidden, got default_deny`; empty when the decision is as expected. */
  readonly differences: readonly string[];
}

/** Default start of a story: the start of a UTC day, hour and minute. */
const START_MS = Date.UTC(2026, 0, 1);

/** Plays a story against the pure decision core, with a clock and counters of its own. Each call is decided when its result is taken. */
export function* playStory(story: Story, policy: Policy): Generator<StoryResult, void> {
  const counters = new MemoryCounters();
  const inFlight = new Set<CallInFlight>();
  const startMs = story.start === undefined ? START_MS : Date.parse(story.start);
  for (const [index, call] of story.calls.entries()) {
    const nowMs = startMs + (call.at ?? 0) * 1_000;
    for (let time = 0; time < (call.times ?? 1); time += 1) {
      endCalls(inFlight, nowMs);
      const charged = decideStoryCall(story, policy, call, { counters, nowMs });
      inFlight.add({ endsMs: nowMs + (call.lasts ?? 0) * 1_000, charged, answer: call.answer });
      const outcome = outcomeOf(charged.decision);
      yield { index: call.position ?? index, call, outcome, differences: compareOutcome(call, outcome) };
    }
  }
}

interface CallInFlight {
  readonly endsMs: number;
  readonly charged: ChargedDecision;
  readonly answer: StoryAnswer | undefined;
}

function endCalls(inFlight: Set<CallInFlight>, nowMs: number): void {
  for (const call of inFlight) {
    if (call.endsMs > nowMs) continue;
    call.charged.release();
    call.charged.answered(answerOf(call.answer ?? {}, call.endsMs));
    inFlight.delete(call);
  }
}

/** The end of a call; without an answer in the story it is a success of no bytes. */
function answerOf({ outcome = "success", bytes = 0, structured }: StoryAnswer, atMs: number): Answer {
  const amounts = new Map(
    Array.from(structured ?? [], ([path, value]) => [`result.structuredContent.${path}`, printJson(value)]),
  );
  return { atMs, outcome, bytes, amounts };
}

interface Moment {
  readonly counters: MemoryCounters;
  readonly nowMs: number;
}

function decideStoryCall(
  story: Story,
  policy: Policy,
  call: StoryCall,
  { counters, nowMs }: Moment,
): ChargedDecision {
  const readUsage: ReadUsage = (charge) => counters.read(charge, nowMs);
  const caller = callerOf(call, nowMs);
  const decision =
    call.tool === undefined
      ? decideMethod(
          policy,
          { ...caller, method: call.method ?? "", isKnownMethod: call.known ?? true },
          readUsage,
        )
      : decideToolCall(
          policy,
          { ...caller, ...toolCall(story.tools ?? [], policy, call, call.tool) },
          readUsage,
        );
  return chargeInMemory(counters, decision, nowMs);
}

/** Decides a call; its arguments are checked when the story has the tool's schema. */
function decideToolCall(policy: Policy, call: Call, readUsage: ReadUsage): Decision {
  return decide(call.inputSchema === undefined ? withoutArgumentChecks(policy) : policy, call, readUsage);
}

function callerOf({ agent = "anonymous", user, session, caller = {} }: StoryCall, nowMs: number): Caller {
  const { claims, ...rest } = caller;
  return {
    agent,
    nowMs,
    ...rest,
    ...(user !== undefined && { user }),
    ...(session !== undefined && { session }),
    ...(claims && { proof: () => proofOf(claims) }),
  };
}

function toolCall(tools: readonly StoryTool[], policy: Policy, call: StoryCall, tool: string) {
  const known = tools.find(({ name }) => name === tool);
  const described = {
    name: tool,
    description: known?.description,
    argumentNames: known?.arguments,
    annotations: known?.annotations && Object.fromEntries(known.annotations),
  };
  const args: JsonObject = call.args ?? new Map();
  const isApproved = call.approved === true;
  const isToolChanged = call.changed === true;
  return {
    tool,
    args,
    ...(known !== undefined && { listing: "listed" as const }),
    isApproved,
    isToolChanged,
    inputSchema: known?.inputSchema,
    category: classifyTool(described, policy.categoryOf(tool)),
  };
}

function outcomeOf(decision: Decision): StoryOutcome {
  const { denial } = decision;
  const effect = effectOf(decision);
  if (denial === undefined) return { effect };
  return {
    effect,
    reason: denial.reason,
    rule: denial.rule,
    ...(denial.retryAfterMs !== undefined && { retry_after: Math.ceil(denial.retryAfterMs / 1_000) }),
    ...(denial.message !== undefined && { message: denial.message }),
  };
}

/** Compares only the fields that the story names. */
function compareOutcome({ expect }: StoryCall, outcome: StoryOutcome): string[] {
  return Object.entries(expect).flatMap(([key, wanted]) => {
    const got: unknown = Reflect.get(outcome, key);
    return got === wanted ? [] : [`${key}: expected ${String(wanted)}, got ${String(got)}`];
  });
}

/** A call as one line of text: `ExecuteQuery {"query":"up"} by agent-a at 60 s`. */
export function describeCall(call: StoryCall): string {
  const args = call.args === undefined ? "" : ` ${printJson(call.args)}`;
  const at = call.at === undefined ? "" : ` at ${call.at} s`;
  const user = call.user === undefined ? "" : ` for ${call.user}`;
  return `${call.tool ?? call.method ?? ""}${args} by ${call.agent ?? "anonymous"}${user}${at}`;
}
