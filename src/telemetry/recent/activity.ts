/** Who called what in the last hour, by minute: a bounded picture for the console, which works without Prometheus. */

import type { Ending, Judgement, Observer } from "../../enforcement/observer.ts";
import type { Outcome } from "../../mcp/vocabulary.ts";
import type { Request } from "../../enforcement/request.ts";
import type { Category } from "../../policy/category/category.ts";
import { effectOf } from "../../policy/decision.ts";
import { OTHER_LABEL, copyString, UNKNOWN_LABEL } from "../metrics/labels.ts";

export interface Counts {
  /** Calls that have ended, those of the next three included. */
  readonly calls: number;
  readonly denied: number;
  /** Passed, and would be denied without shadow mode. */
  readonly wouldDeny: number;
  /** Passed, and went wrong: at the tool, at the server, on the way. */
  readonly failed: number;
}

export interface AgentToolActivity extends Counts {
  /** `_other` stands for all agents past the bound. */
  readonly agent: string;
  /** `_unknown` stands for all tools that neither the server nor a policy knows. */
  readonly tool: string;
  readonly category: Category;
}

export interface MinuteActivity extends Counts {
  /** Milliseconds since the epoch, when the minute began. */
  readonly startMs: number;
}

export interface Activity {
  readonly observer: Observer;
  /** The last 60 minutes, the one under way included; oldest first, quiet ones too. */
  readonly read: () => {
    readonly minutes: readonly MinuteActivity[];
    readonly pairs: readonly AgentToolActivity[];
  };
}

export interface ActivityOptions {
  readonly nowMs: () => number;
  /** Pairs of agent and tool at once; absent means 2,000. Agents without proof of their name may fill half. */
  readonly maxPairs?: number;
}

const MINUTE_MS = 60_000;
const MINUTES = 60;
const KINDS = 4;
const MAX_NAME = 256;

export function createActivity({ nowMs, maxPairs = 2_000 }: ActivityOptions): Activity {
  const pairs = new Map<string, Pair>();
  const total = new MinuteCounts();
  /** The minute in which pairs that were quiet for an hour were forgotten last. */
  let sweptAt = 0;
  const sweep = (minute: number): void => {
    if (minute === sweptAt) return;
    sweptAt = minute;
    for (const [key, { ring }] of pairs) if (ring.isQuiet(minute)) pairs.delete(key);
  };
  const count = (request: Request, ending: Ending, judgement: Judgement | undefined): void => {
    if (request.tool === undefined) return;
    const minute = Math.floor(nowMs() / MINUTE_MS);
    sweep(minute);
    const kind = kindOf(ending.outcome, judgement);
    total.add(minute, kind);
    pairFor(pairs, namesOf(request), maxPairs).ring.add(minute, kind);
  };
  return { observer: { requestEnded: count }, read: () => readAll(total, pairs, nowMs()) };
}

interface Pair {
  readonly agent: string;
  readonly tool: string;
  readonly category: Category;
  readonly ring: MinuteCounts;
}

/** The pair's own place; past the bound that of all other agents with the tool, and past twice the bound one for all. */
function pairFor(pairs: Map<string, Pair>, names: Names, max: number): Pair {
  return pairs.get(pairKey(names.agent, names.tool?.name ?? UNKNOWN_LABEL)) ?? newPair(pairs, names, max);
}

function newPair(pairs: Map<string, Pair>, { agent, tool, verified }: Names, max: number): Pair {
  const places = [
    { agent, tool, room: verified ? max : max / 2 },
    { agent: OTHER_LABEL, tool, room: max * 2 },
    { agent: OTHER_LABEL, tool: undefined, room: Infinity },
  ];
  for (const { room, ...names } of places) {
    const key = pairKey(names.agent, names.tool?.name ?? UNKNOWN_LABEL);
    const known = pairs.get(key);
    if (known !== undefined) return known;
    if (pairs.size < room) return addPair(pairs, key, names);
  }
  throw new RangeError("the last place has room without end");
}

function addPair(pairs: Map<string, Pair>, key: string, { agent, tool }: Omit<Names, "verified">): Pair {
  const name = copyString(tool?.name ?? UNKNOWN_LABEL);
  const pair = {
    agent: copyString(agent),
    tool: name,
    category: tool?.category ?? "unknown",
    ring: new MinuteCounts(),
  };
  pairs.set(copyString(key), pair);
  return pair;
}

interface Names {
  readonly agent: string;
  /** Undefined for a name that only the caller knows. */
  readonly tool: { readonly name: string; readonly category: Category } | undefined;
  readonly verified: boolean;
}

function namesOf({ agent, tool }: Request): Names {
  return {
    agent: cut(agent.name),
    tool: tool?.isKnown === true ? { name: cut(tool.name), category: tool.category.category } : undefined,
    verified: agent.verified,
  };
}

/** With a length, so that no part of one name can be taken for the beginning of the next. */
function pairKey(agent: string, tool: string): string {
  return `${agent.length}:${agent}${tool}`;
}

function cut(text: string): string {
  return text.length <= MAX_NAME ? text : text.slice(0, MAX_NAME);
}

const [CALLED, DENIED, WOULD_DENY, FAILED] = [0, 1, 2, 3] as const;
type Kind = typeof CALLED | typeof DENIED | typeof WOULD_DENY | typeof FAILED;

function kindOf(outcome: Outcome, judgement: Judgement | undefined): Kind {
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

/** Counts of the last hour, a slot for each minute of it. */
class MinuteCounts {
  readonly #counts = new Uint32Array(MINUTES * KINDS);
  /** Which minute each slot holds. */
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

  isQuiet(nowMinute: number): boolean {
    return this.#last <= nowMinute - MINUTES;
  }

  at(minute: number): Counts {
    const slot = minute % MINUTES;
    if (this.#minutes[slot] !== minute) return NOTHING;
    const [called = 0, denied = 0, wouldDeny = 0, failed = 0] = this.#counts.subarray(slot * KINDS);
    return { calls: called + denied + wouldDeny + failed, denied, wouldDeny, failed };
  }
}

const NOTHING: Counts = { calls: 0, denied: 0, wouldDeny: 0, failed: 0 };

function readAll(
  total: MinuteCounts,
  pairs: ReadonlyMap<string, Pair>,
  nowMs: number,
): ReturnType<Activity["read"]> {
  const last = Math.floor(nowMs / MINUTE_MS);
  const minutes = Array.from({ length: MINUTES }, (_, index) => last - MINUTES + 1 + index);
  return {
    minutes: minutes.map((minute) => ({ startMs: minute * MINUTE_MS, ...total.at(minute) })),
    pairs: Array.from(pairs.values(), ({ ring, ...names }) => ({
      ...names,
      ...minutes.map((minute) => ring.at(minute)).reduce(addCounts, NOTHING),
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
