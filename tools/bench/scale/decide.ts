/** Times loading one policy and deciding by it, in a process that does nothing else: `node --expose-gc tools/bench/scale/decide.ts RULES` prints JSON. */

import { parsePolicyFile } from "../../../src/config/files/policy-file.ts";
import { MemoryCounters } from "../../../src/enforcement/limits/memory-counters.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { decide } from "../../../src/policy/decide.ts";
import type { Call } from "../../../src/policy/decision.ts";
import { JsonNumber } from "../../../src/json/json.ts";
import { median } from "./curve.ts";
import { argumentsFor, rulePolicy, toolName } from "./rule-policy.ts";

export interface DecisionTimings {
  /** The first load in this process, as at a start. */
  readonly loadMs: number;
  /** Heap that the policy retains. */
  readonly heldBytes: number;
  /** A decision and its charge over a hundred tools, as the agents of one server use them. */
  readonly nearNs: number;
  /** The same over all tools, each once per round. */
  readonly farNs: number;
}

const NEAR = 100;
const CALLS = 100_000;
const ROUNDS = 5;
/** Step between tools, so that neighbours in the policy do not follow each other. */
const STRIDE = 7_919;

if (import.meta.main) process.stdout.write(JSON.stringify(measure(Number(process.argv[2]))));

function measure(rules: number): DecisionTimings {
  const bytes = Buffer.from(JSON.stringify(rulePolicy(rules)));
  const calls = Array.from({ length: rules }, (_, index) => callOf((index * STRIDE) % rules));
  const before = heapBytes();
  const startedMs = performance.now();
  const file = parsePolicyFile(bytes, "policy.json");
  const loadMs = performance.now() - startedMs;
  if (!file.ok) throw new Error(file.problems.join("\n"));
  const held = heapBytes() - before;
  const nearNs = timeDecisions(file.policy, calls.slice(0, NEAR));
  return { loadMs, heldBytes: held, nearNs, farNs: timeDecisions(file.policy, calls) };
}

function timeDecisions(policy: Policy, calls: readonly Call[]): number {
  const counters = new MemoryCounters();
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = process.hrtime.bigint();
    for (let index = 0; index < CALLS; index += 1)
      decideAndCharge(policy, calls[index % calls.length], counters);
    return Number(process.hrtime.bigint() - start) / CALLS;
  });
  // The first rounds warm up.
  return median(rounds.slice(2));
}

function decideAndCharge(policy: Policy, call: Call | undefined, counters: MemoryCounters): void {
  if (call === undefined) throw new Error("there is no call");
  const nowMs = Date.now();
  const { denial, charges } = decide(policy, call, (charge) => counters.read(charge, nowMs));
  if (denial !== undefined) throw new Error(`${call.tool} was denied: ${denial.reason}`);
  counters.charge(charges, nowMs);
}

function callOf(index: number): Call {
  const { size, target } = argumentsFor(index);
  return {
    tool: toolName(index),
    category: { category: "execute", source: "heuristic", confidence: 0.5 },
    args: new Map<string, JsonNumber | string>([
      ["size", new JsonNumber(String(size))],
      ["target", target],
    ]),
    agent: "agent",
  };
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
