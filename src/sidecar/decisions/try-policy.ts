/** Decides the remembered calls again under a policy that is not put in force: what it would have denied. */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { TriedGroup, TriedPolicyResponse } from "../../admin/try-api.ts";
import { parsePolicyFile } from "../../config/files/policy-file.ts";
import { chargeInMemory } from "../../enforcement/limits/charged-decision.ts";
import { MemoryCounters } from "../../enforcement/limits/memory-counters.ts";
import { decide } from "../../policy/decide.ts";
import { type Call, effectOf } from "../../policy/decision.ts";
import type { Policy } from "../../policy/policy.ts";
import { isInFlight } from "../../policy/limit.ts";
import { REASONS_OUTSIDE_POLICY } from "../../policy/mode.ts";
import type { DecisionEntry } from "../../telemetry/recent/decision-entry.ts";
import { argumentsOf } from "./explain-decision.ts";
import type { Runtime } from "../runtime.ts";

/** Calls that are decided again, the latest, in turns of `CALLS_PER_TURN` between which other calls pass. */
const MAX_CALLS = 10_000;
const CALLS_PER_TURN = 50;
/** Groups in the response, those with the most calls. */
const MAX_GROUPS = 500;

/** The problems of the text when it is no policy. Counters of limits start empty, and count at the times of the calls. */
export async function tryPolicy(
  text: string,
  runtime: Runtime,
): Promise<TriedPolicyResponse | { readonly problems: readonly string[] }> {
  const file = parsePolicyFile(Buffer.from(text), "policy");
  if (!file.ok) return { problems: file.problems };
  const trial = new Trial(file.policy, runtime);
  let handled = 0;
  for (const id of (await latestIds(runtime)).toReversed()) {
    trial.decideAgain(id);
    handled += 1;
    if (handled % CALLS_PER_TURN === 0) await nextTurn();
  }
  return { digest: file.digest, ...trial.result() };
}

async function latestIds({ telemetry }: Runtime): Promise<string[]> {
  const ids: string[] = [];
  for (const piece of telemetry.decisions.search({ limit: MAX_CALLS })) {
    ids.push(...piece.map(({ id }) => id));
    await nextTurn();
  }
  return ids;
}

class Trial {
  readonly #policy: Policy;
  readonly #runtime: Runtime;
  readonly #counters = new MemoryCounters();
  readonly #groups = new Map<string, { -readonly [Key in keyof TriedGroup]: TriedGroup[Key] }>();
  readonly #counts = { calls: 0, unchanged: 0, unknown: 0, outside_policy: 0 };

  constructor(policy: Policy, runtime: Runtime) {
    this.#policy = policy;
    this.#runtime = runtime;
  }

  /** To be called in the order of the calls. One that is no longer remembered is left out. */
  decideAgain(id: string): void {
    const entry = this.#runtime.telemetry.decisions.get(id);
    const call = entry && this.#callOf(entry);
    if (entry === undefined || call === undefined) return;
    this.#counts.calls += 1;
    if (entry.denial !== undefined && REASONS_OUTSIDE_POLICY.has(entry.denial.reason))
      this.#counts.outside_policy += 1;
    else if (call === "unknown") this.#counts.unknown += 1;
    else this.#decide(entry, call);
  }

  result(): Omit<TriedPolicyResponse, "digest"> {
    const groups = [...this.#groups.values()].toSorted((one, other) => other.calls - one.calls);
    const shown = groups.slice(0, MAX_GROUPS);
    return { ...this.#counts, groups: shown, further_groups: groups.length - shown.length };
  }

  #decide(entry: DecisionEntry, call: Call): void {
    const atMs = Date.parse(entry.time);
    const decision = decide(this.#policy, call, (charge) => this.#counters.read(charge, atMs));
    // Calls in flight are not counted: the end of a call under this policy is not known.
    const charges = decision.charges.filter(({ limit }) => !isInFlight(limit));
    chargeInMemory(this.#counters, { ...decision, charges }, atMs);
    const { denial } = decision;
    const now = effectOf(decision);
    if (now === entry.effect && denial?.rule === entry.denial?.rule) this.#counts.unchanged += 1;
    if (now === "allow" && entry.effect === "allow") return;
    const group = {
      agent: entry.agent.name,
      tool: call.tool,
      was: entry.effect,
      now,
      reason: denial?.reason ?? null,
      rule: denial?.rule ?? null,
    };
    const key = JSON.stringify(Object.values(group));
    const known = this.#groups.get(key);
    if (known === undefined) this.#groups.set(key, { ...group, calls: 1, last_id: entry.id });
    else Object.assign(known, { calls: known.calls + 1, last_id: entry.id });
  }

  /** Undefined for methods other than tools/call; `unknown` when a part of the call is not remembered. */
  #callOf(entry: DecisionEntry): Call | "unknown" | undefined {
    const { telemetry, enforcement } = this.#runtime;
    const decided = telemetry.decisions.decidedCall(entry.id);
    if (decided?.tool === undefined) return undefined;
    const args = argumentsOf(decided);
    if (args === undefined) return "unknown";
    const { name, category } = decided.tool;
    return {
      tool: name,
      category,
      args,
      ...decided.caller,
      inputSchema: enforcement.tools.inputSchemaOf(name),
      listing: enforcement.tools.listingOf(name),
      isToolChanged: enforcement.tools.isChanged(name, this.#policy),
      isApproved: entry.effect === "allow" && entry.approval !== undefined,
    };
  }
}
