/** Calls of the last hour by minute, agent and tool: bounded counts for the console, which works without Prometheus. */

import type { Ending, DecisionRecord, Observer } from "../../enforcement/observer.ts";
import type { Outcome } from "../../mcp/vocabulary.ts";
import type { Request } from "../../enforcement/request.ts";
import type { Category } from "../../policy/category/category.ts";
import { effectOf } from "../../policy/decision.ts";
import { OTHER_LABEL, copyString, UNKNOWN_LABEL } from "../metrics/labels.ts";

export interface Counts {
  /** Calls that have ended, including those of the next three counts. */
  readonly calls: number;
  readonly denied: number;
  /** Forwarded, and would be denied without shadow mode. */
  readonly wouldDeny: number;
  /** Forwarded, and ended in an error of the tool, of the server or of the connection. */
  readonly failed: number;
}

export interface AgentToolActivity extends Counts {
  /** `_other` for all agents past the bound. */
  readonly agent: string;
  /** `_unknown` for all tools that neither the server nor a policy names. */
  readonly tool: string;
  readonly category: Category;
}

export interface MinuteActivity extends Counts {
  /** Start of the minute, in milliseconds since the epoch. */
  readonly startMs: number;
}

export interface Activity {
  readonly observer: Observer;
  /** The last 60 minutes, oldest first, including the current one and minutes without calls. */
  readonly read: () => {
    readonly minutes: readonly MinuteActivity[];
    readonly pairs: readonly AgentToolActivity[];
  };
}

export interface ActivityOptions {
  readonly nowMs: () => number;
  /** Pairs of agent and tool in memory; absent means 2,000. Unverified agents may use half of them. */
  readonly maxPairs?: number;
}

const MINUTE_MS = 60_000;
const MINUTES = 60;
const KINDS = 4;
const MAX_NAME = 256;

export function createActivity({ nowMs, maxPairs = 2_000 }: ActivityOptions): Activity {
  const pairs = new Map<string, Pair>();
  const total = new MinuteCounts();
  /** The minute of the last sweep, which drops pairs without a call for an hour. */
  let sweptAt = 0;
  const sweep = (minute: number): void => {
    if (minute === sweptAt) return;
    sweptAt = minute;
    for (const [key, { counts }] of pairs) if (counts.isIdle(minute)) pairs.delete(key);
  };
  const count = (request: Request, ending: Ending, judgement: DecisionRecord | undefined): void => {
    if (request.tool === undefined) return;
    const minute = Math.floor(nowMs() / MINUTE_MS);
    sweep(minute);
    const kind = kindOf(ending.outcome, judgement);
    total.add(minute, kind);
    pairFor(pairs, namesOf(request), maxPairs).counts.add(minute, kind);
  };
  return { observer: { requestEnded: count }, read: () => readAll(total, pairs, nowMs()) };
}

interface Pair {
  readonly agent: string;
  readonly tool: string;
  readonly category: Category;
  readonly counts: MinuteCounts;
}

/** The pair's own counts; past the bound those of all other agents with this tool, and past twice the bound those of all other pairs. */
function pairFor(pairs: Map<string, Pair>, names: Names, max: number): Pair {
  return pairs.get(pairKey(names.agent, names.tool?.name ?? UNKNOWN_LABEL)) ?? newPair(pairs, names, max);
}

function newPair(pairs: Map<string, Pair>, { agent, tool, verified }: Names, max: number): Pair {
  const candidates = [
    { agent, tool, capacity: verified ? max : max / 2 },
    { agent: OTHER_LABEL, tool, capacity: max * 2 },
    { agent: OTHER_LABEL, tool: undefined, capacity: Infinity },
  ];
  for (const { capacity, ...names } of candidates) {
    const key = pairKey(names.agent, names.tool?.name ?? UNKNOWN_LABEL);
    const known = pairs.get(key);
    if (known !== undefined) return known;
    if (pairs.size < capacity) return addPair(pairs, key, names);
  }
  throw new RangeError("the last candidate has no bound");
}

function addPair(pairs: Map<string, Pair>, key: string, { agent, tool }: Omit<Names, "verified">): Pair {
  const name = copyString(tool?.name ?? UNKNOWN_LABEL);
  const pair = {
    agent: copyString(agent),
    tool: name,
    category: tool?.category ?? "unknown",
    counts: new MinuteCounts(),
  };
  pairs.set(copyString(key), pair);
  return pair;
}

interface Names {
  readonly agent: string;
  /** Undefined when only the caller knows the name. */
  readonly tool: { readonly name: string; readonly category: Category } | undefined;
  readonly verified: boolean;
}

function namesOf({ agent, tool }: Request): Names {
  return {
    agent: truncated(agent.name),
    tool:
      tool?.isKnown === true ? { name: truncated(tool.name), category: tool.category.category } : undefined,
    verified: agent.verified,
  };
}

/** Injective: the length keeps two names from running into each other. */
function pairKey(agent: string, tool: string): string {
  return `${agent.length}:${agent}${tool}`;
}

function truncated(text: string): string {
  return text.length <= MAX_NAME ? text : text.slice(0, MAX_NAME);
}

const [CALLED, DENIED, WOULD_DENY, FAILED] = [0, 1, 2, 3] as const;
type Kind = typeof CALLED | typeof DENIED | typeof WOULD_DENY | typeof FAILED;

function kindOf(outcome: Outcome, judgement: DecisionRecord | undefined): Kind {
  switch (outcome) {
    case "denied":
      return DENIED;
    case "tool_error":
    case "rpc_error":
    case "upstream_error":
    case "timeout":
      return FAILED;
    case "success":
    case "cancelled":
      return judgement !== undefined && effectOf(judgement.decision) === "would_deny" ? WOULD_DENY : CALLED;
  }
}

/** Counts of the last hour, in one slot for each minute. */
class MinuteCounts {
  readonly #counts = new Uint32Array(MINUTES * KINDS);
  /** The minute that each slot holds. */
  readonly #minutes = new Float64Array(MINUTES);
  #last = 0;

  add(minute: number, kind: Kind): void {
    const slot = minute % MINUTES;
    if (this.#minutes[slot] !== minute) {
      this.#counts.fill(0, slot * KINDS, (slot + 1) * KINDS);
      this.#minutes[slot] = minute;
    }
    this.#last = minute;
    const index = slot * KINDS + kind;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  isIdle(nowMinute: number): boolean {
    return this.#last <= nowMinute - MINUTES;
  }

  at(minute: number): Counts {
    const slot = minute % MINUTES;
    if (this.#minutes[slot] !== minute) return NO_CALLS;
    const [called = 0, denied = 0, wouldDeny = 0, failed = 0] = this.#counts.subarray(slot * KINDS);
    return { calls: called + denied + wouldDeny + failed, denied, wouldDeny, failed };
  }
}

const NO_CALLS: Counts = { calls: 0, denied: 0, wouldDeny: 0, failed: 0 };

function readAll(
  total: MinuteCounts,
  pairs: ReadonlyMap<string, Pair>,
  nowMs: number,
): ReturnType<Activity["read"]> {
  const last = Math.floor(nowMs / MINUTE_MS);
  const minutes = Array.from({ length: MINUTES }, (_, index) => last - MINUTES + 1 + index);
  return {
    minutes: minutes.map((minute) => ({ startMs: minute * MINUTE_MS, ...total.at(minute) })),
    pairs: Array.from(pairs.values(), ({ counts, ...names }) => ({
      ...names,
      ...minutes.map((minute) => counts.at(minute)).reduce(addCounts, NO_CALLS),
    })).filter(({ calls }) => calls > 0),
  };
}

function addCounts(one: Counts, other: Counts): Counts {
  return {
    calls: one.calls + other.calls,
    denied: one.denied + other.denied,
    wouldDeny: one.wouldDeny + other.wouldDeny,
    failed: one.failed + other.failed,
  };
}
