/** One remembered decision explained as `tollgate policy explain` does, without argument values. */

import type { DecisionResponse, DecisionExplanation } from "../../admin/api.ts";
import { adviceFor } from "../../policy/explain/advice.ts";
import { type Step, stepsOf } from "../../policy/explain/steps.ts";
import type { CompiledPolicy } from "../../policy/document/compile.ts";
import type { Call, Decision } from "../../policy/decision.ts";
import type { JsonObject } from "../../json/json.ts";
import { readArguments } from "../../json/message-bounds.ts";
import type { DecidedCall } from "../../telemetry/recent/decision-buffer.ts";
import type { Runtime } from "../runtime.ts";

/** Undefined when the decision is not remembered. */
export function explainDecision(id: string, runtime: Runtime): DecisionResponse | undefined {
  const { decisions } = runtime.telemetry;
  const entry = decisions.get(id);
  const decided = decisions.decidedCall(id);
  return entry && decided && { ...entry, explanation: explain(decided, runtime) };
}

function explain(decided: DecidedCall, { policies, enforcement }: Runtime): DecisionExplanation {
  const { tool, caller, denial, effect } = decided;
  const policy = policies.current().all.find(({ digest }) => digest === decided.policyDigest);
  const values = argumentsOf(decided);
  if (tool === undefined) return unexplained("only calls of tools have steps");
  if (policy === undefined) return unexplained("the policy that decided is no longer in force");
  if (values === undefined) return unexplained("the call was too long to be remembered whole");
  const call: Call = {
    tool: tool.name,
    category: tool.category,
    args: values,
    ...caller,
    inputSchema: enforcement.tools.inputSchemaOf(tool.name),
    listing: enforcement.tools.listingOf(tool.name),
  };
  const decision: Decision = { ...(denial && { denial }), charges: [], unevaluable: [] };
  const steps = stepsOf(policy, call).map(withoutValues);
  return { steps, how_to_allow: adviceOf(policy, call, { decision, effect, steps }), note: null };
}

/** Undefined when the call was too long to be remembered whole. */
export function argumentsOf({ args }: DecidedCall): JsonObject | undefined {
  if (args === undefined) return NO_ARGUMENTS;
  return args === "forgotten" ? undefined : readArguments(args.text);
}

const NO_ARGUMENTS: JsonObject = new Map();

function unexplained(note: string): DecisionExplanation {
  return { steps: null, how_to_allow: [], note };
}

// Security: `found` is an argument's value, and a read of the admin listener needs no token.
function withoutValues({ conditions, ...step }: Step): Step {
  if (conditions === undefined) return step;
  return { ...step, conditions: conditions.map(({ condition, outcome }) => ({ condition, outcome })) };
}

/** A freeze and a full limit have advice of their own: the steps of one call do not show that waiting helps. */
function adviceOf(policy: CompiledPolicy, call: Call, explained: Parameters<typeof adviceFor>[2]): string[] {
  const { denial } = explained.decision;
  if (denial?.reason === "frozen") return ["have an operator lift the freeze"];
  if (denial?.retryAfterMs === undefined) return adviceFor(policy, call, explained);
  const seconds = Math.ceil(denial.retryAfterMs / 1_000);
  return [`wait ${seconds} s: the limit was full`, `or raise "max" of ${denial.rule}`];
}
