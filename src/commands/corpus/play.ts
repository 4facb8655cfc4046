/** Corpus stories: one policy, the calls made under it, and the decision that each of them must get. */

import { Counters } from "../../enforcement/limits/memory-counters.ts";
import { classifyTool } from "../../policy/category/classify.ts";
import type { Policy } from "../../policy/policy.ts";
import { decide } from "../../policy/decide.ts";
import { decideMethod } from "../../policy/decide-method.ts";
import { type Decision, effectOf, isBlocked } from "../../policy/decision.ts";
import type { Effect } from "../../policy/mode.ts";
import type { JsonObject } from "../../json/json.ts";
import { printJson } from "../../json/print-json.ts";
import type { Story, StoryCall, StoryTool } from "./story.ts";

/** What a decision says, in the words of the corpus. */
export interface Outcome {
  readonly effect: Effect;
  readonly reason?: string;
  readonly rule?: string;
  /** Whole seconds until the call may succeed. */
  readonly retry_after?: number;
  readonly message?: string;
}

export interface StoryResult {
  /** Position in the story's list of calls. */
  readonly index: number;
  readonly call: StoryCall;
  readonly outcome: Outcome;
  /** What was expected and did not come: `reason: expected hidden, got default_deny`; empty when all is as it should be. */
  readonly differences: readonly string[];
}

/** The moment at which a story begins, unless it says otherwise: the start of a UTC day, hour and minute. */
const START_MS = Date.UTC(2026, 0, 1);

/** Plays a story against the pure core, with its own clock and its own counters. */
export function playStory(story: Story, policy: Policy): StoryResult[] {
  const counters = new Counters();
  const startMs = story.start === undefined ? START_MS : Date.parse(story.start);
  return story.calls.flatMap((call, index) => {
    const nowMs = startMs + (call.at ?? 0) * 1_000;
    return Array.from({ length: call.times ?? 1 }, () => {
      const outcome = outcomeOf(judge(story, policy, call, { counters, nowMs }));
      return { index, call, outcome, differences: differencesOf(call, outcome) };
    });
  });
}

interface Moment {
  readonly counters: Counters;
  readonly nowMs: number;
}

function judge(story: Story, policy: Policy, call: StoryCall, { counters, nowMs }: Moment): Decision {
  const readUsage: Parameters<typeof decide>[2] = (charge) => counters.read(charge, nowMs);
  const caller = {
    agent: call.agent ?? "anonymous",
    ...(call.session !== undefined && { session: call.session }),
  };
  const decision =
    call.tool === undefined
      ? decideMethod(
          policy,
          { ...caller, method: call.method ?? "", isKnownMethod: call.known ?? true },
          readUsage,
        )
      : decide(policy, { ...caller, ...toolCall(story.tools ?? [], policy, call, call.tool) }, readUsage);
  if (!isBlocked(decision)) counters.charge(decision.charges, nowMs);
  return decision;
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
    isApproved,
    isToolChanged,
    category: classifyTool(described, policy.categoryOf(tool)),
  };
}

function outcomeOf(decision: Decision): Outcome {
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

/** Only what the story names is compared. */
function differencesOf({ expect }: StoryCall, outcome: Outcome): string[] {
  return Object.entries(expect).flatMap(([key, wanted]) => {
    const got: unknown = Reflect.get(outcome, key);
    return got === wanted ? [] : [`${key}: expected ${String(wanted)}, got ${String(got)}`];
  });
}

/** A call as one line for people: `ExecuteQuery {"query":"up"} by agent-a at 60 s`. */
export function describeCall(call: StoryCall): string {
  const args = call.args === undefined ? "" : ` ${printJson(call.args)}`;
  const at = call.at === undefined ? "" : ` at ${call.at} s`;
  return `${call.tool ?? call.method ?? ""}${args} by ${call.agent ?? "anonymous"}${at}`;
}
