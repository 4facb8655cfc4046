/** Times decide and charge with a policy of 805 rules and with one of 50,000, in nanoseconds per call. */

import { parsePolicyFile } from "../../../src/config/files/policy-file.ts";
import { MemoryCounters } from "../../../src/enforcement/limits/memory-counters.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { decide } from "../../../src/policy/decide.ts";
import type { Call } from "../../../src/policy/decision.ts";
import { benchPolicy } from "../subjects/policy.ts";
import { medianNanoseconds, requestedRounds, printFigures } from "./figures.ts";

const TIMES = 400_000;
/** Tools spread over the whole policy. */
const TOOLS = 64;
const AGENTS = 50;
const ARGUMENTS = new Map([
  ["resource", "arn:aws:omics:eu-central-1:123456789012:workflow/1234567"],
  ["reason", "rerun of the samples that failed last night"],
]);

const [few, many] = [805, 50_000].map((rules) => timeOf(rules));
printFigures({ ns805: few ?? 0, ns50000: many ?? 0 });

function timeOf(rules: number): number {
  const policy = compilePolicy(rules);
  const counters = new MemoryCounters();
  const calls = Array.from({ length: TOOLS * AGENTS }, (_, index) => callOf(index, rules));
  return medianNanoseconds(
    (turn) => {
      const call = calls[turn % calls.length];
      if (call === undefined) return undefined;
      const nowMs = Date.now();
      const decision = decide(policy, call, (charge) => counters.read(charge, nowMs));
      if (decision.denial !== undefined || decision.charges.length === 0) return undefined;
      return counters.charge(decision.charges, nowMs);
    },
    TIMES,
    requestedRounds(),
  );
}

function callOf(index: number, rules: number): Call {
  const tool = `service_operation_tool_${Math.floor(((index % TOOLS) * rules) / TOOLS) + 7}`;
  const category = { category: "execute", source: "heuristic", confidence: 0.5 } as const;
  return { tool, category, args: ARGUMENTS, agent: `agent-${index % AGENTS}` };
}

function compilePolicy(rules: number): Policy {
  const bytes = Buffer.from(JSON.stringify(benchPolicy({ rules, limitsPerTool: 1 })));
  const file = parsePolicyFile(bytes, "policy.json");
  if (!file.ok) throw new Error(file.problems.join("; "));
  return file.policy;
}
