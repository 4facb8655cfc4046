/** Times decide and charge with a policy of 805 rules, with one of 50,000, and with 200 patterns of tool names besides, in nanoseconds per call. */

import { parsePolicyFile } from "../../../src/config/files/policy-file.ts";
import { MemoryCounters } from "../../../src/enforcement/limits/memory-counters.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { decide } from "../../../src/policy/decide.ts";
import type { Call } from "../../../src/policy/decision.ts";
import { benchPolicy, patternedName, type PolicySize } from "../subjects/policy.ts";
import { medianNanoseconds, requestedRounds, printFigures } from "./figures.ts";

const TIMES = 400_000;
/** Tools spread over the whole policy. */
const TOOLS = 64;
const AGENTS = 50;
const ARGUMENTS = new Map([
  ["resource", "arn:aws:omics:eu-central-1:123456789012:workflow/1234567"],
  ["reason", "rerun of the samples that failed last night"],
]);

printFigures({
  ns805: timeOf({ rules: 805, patterns: 0 }),
  ns50000: timeOf({ rules: 50_000, patterns: 0 }),
  nsPatterns: timeOf({ rules: 50_000, patterns: 200 }),
});

type Size = Required<Pick<PolicySize, "rules" | "patterns">>;

function timeOf(size: Size): number {
  const policy = compilePolicy(size);
  const counters = new MemoryCounters();
  const calls = Array.from({ length: TOOLS * AGENTS }, (_, index) => callOf(index, size));
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

/** With patterns, every other call is of a tool that one of them matches. No tool is known to be listed, so that each name is compared with names that look alike. */
function callOf(index: number, { rules, patterns }: Size): Call {
  const turn = index % TOOLS;
  const tool =
    patterns > 0 && index % 2 === 1
      ? patternedName(Math.floor((turn * patterns) / TOOLS))
      : `service_operation_tool_${Math.floor((turn * rules) / TOOLS) + 7}`;
  const category = { category: "execute", source: "heuristic", confidence: 0.5 } as const;
  return { tool, category, args: ARGUMENTS, agent: `agent-${index % AGENTS}` };
}

function compilePolicy(size: Size): Policy {
  const bytes = Buffer.from(JSON.stringify(benchPolicy({ ...size, limitsPerTool: 1 })));
  const file = parsePolicyFile(bytes, "policy.json");
  if (!file.ok) throw new Error(file.problems.join("; "));
  return file.policy;
}
