/** Adds up the calls of audit logs by tool and agent: calls in windows, and values of arguments. */

import { MAX_NAME_LENGTH } from "../../../policy/agent-name.ts";
import type { ObservedCall } from "./observed-call.ts";
import { SeenValues } from "./seen-values.ts";
import { WindowCounts } from "./window-counts.ts";

export interface ObservationOptions {
  readonly windowMs: number;
  /** Most values of an argument that are listed. */
  readonly maxValues: number;
}

/** The calls of one agent to one tool. */
export interface ToolUse {
  readonly agent: string;
  /** Calls that passed. */
  calls: number;
  approved: number;
  shadowed: number;
  withoutArguments: number;
  readonly windows: WindowCounts;
  readonly values: Map<string, SeenValues>;
}

/** Most pairs of a tool and an agent that are counted on their own. */
export const MAX_USES = 10_000;
/** Most tools that were only denied and are named. */
const MAX_DENIED_TOOLS = 1_000;
/** Most paths of arguments of one tool. */
const MAX_PATHS = 100;
/** Stands for the agents that there is no more room for; no agent's name has a line break. */
export const OTHER_AGENTS = "\nothers";

export class Observations {
  /** By tool, then by agent. */
  readonly tools = new Map<string, Map<string, ToolUse>>();
  /** Denied calls by tool. */
  readonly denied = new Map<string, number>();
  readonly #options: ObservationOptions;
  #uses = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  passed = 0;
  shadowed = 0;
  deniedCalls = 0;
  /** Tools that there was no room for. */
  hasTooManyTools = false;

  constructor(options: ObservationOptions) {
    this.#options = options;
  }

  /** The first and the last call that passed, in milliseconds since the epoch; undefined without one. */
  get span(): { readonly fromMs: number; readonly toMs: number } | undefined {
    return this.passed === 0 ? undefined : { fromMs: this.#from, toMs: this.#to };
  }

  /** Calls that came too late for their windows. */
  get late(): number {
    const uses = Array.from(this.tools.values()).flatMap((byAgent) => [...byAgent.values()]);
    return uses.reduce((sum, { windows }) => sum + windows.late, 0);
  }

  add(call: ObservedCall): void {
    if (!call.hasPassed) this.#addDenied(call);
    // A denied call may pass under the new policy, and then counts; one that a limit stopped is what limits are for.
    if (!call.hasPassed && call.isLimited) return;
    const use = this.#useOf(call);
    use?.windows.add(call.atMs, call.hasPassed);
    if (use !== undefined && call.hasPassed) this.#addPassed(use, call);
  }

  #addPassed(use: ToolUse, call: ObservedCall): void {
    this.passed += 1;
    this.shadowed += call.isShadowed ? 1 : 0;
    this.#from = Math.min(this.#from, call.atMs);
    this.#to = Math.max(this.#to, call.atMs);
    use.calls += 1;
    use.approved += call.isApproved ? 1 : 0;
    use.shadowed += call.isShadowed ? 1 : 0;
    use.withoutArguments += call.hasArguments ? 0 : 1;
    for (const [path, captured] of call.captured) {
      const values = use.values.get(path) ?? new SeenValues(this.#options.maxValues);
      if (use.values.size < MAX_PATHS) use.values.set(path, values);
      values.add(captured);
    }
  }

  #addDenied({ tool }: ObservedCall): void {
    this.deniedCalls += 1;
    if (this.denied.has(tool) || this.denied.size < MAX_DENIED_TOOLS)
      this.denied.set(tool, (this.denied.get(tool) ?? 0) + 1);
  }

  /** Undefined when there is no room for the tool. */
  #useOf({ tool, agent, hasPassed }: ObservedCall): ToolUse | undefined {
    const byAgent = this.tools.get(tool) ?? new Map<string, ToolUse>();
    // Denied calls, of which there may be any number under any name, take half of the room.
    const isFull = this.#uses >= (hasPassed ? MAX_USES : MAX_USES / 2);
    if (isFull && byAgent.size === 0) {
      this.hasTooManyTools ||= hasPassed;
      return undefined;
    }
    // A name that the log has cut may be that of several agents.
    const isAlone = agent.length < MAX_NAME_LENGTH && (!isFull || byAgent.has(agent));
    const key = isAlone ? agent : OTHER_AGENTS;
    const known = byAgent.get(key);
    if (known !== undefined) return known;
    const use = newUse(key, this.#options.windowMs);
    this.#uses += 1;
    byAgent.set(key, use);
    this.tools.set(tool, byAgent);
    return use;
  }
}

function newUse(agent: string, windowMs: number): ToolUse {
  return {
    agent,
    calls: 0,
    approved: 0,
    shadowed: 0,
    withoutArguments: 0,
    windows: new WindowCounts(windowMs),
    values: new Map(),
  };
}
