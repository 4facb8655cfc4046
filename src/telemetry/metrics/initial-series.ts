/** Births at zero: a counter that is born at 1 hides its first event from `increase()`. */

import { APPROVAL_STATES } from "../../enforcement/approvals/approvals.ts";
import { METHODS } from "../../mcp/methods.ts";
import { OUTCOMES, REFUSAL_CAUSES } from "../../mcp/vocabulary.ts";
import { CATEGORIES } from "../../policy/category/category.ts";
import { REASONS } from "../../policy/mode.ts";
import type { Families } from "./registry.ts";
import type { CardinalityLimits } from "./cardinality-limits.ts";
import type { KnownTool } from "./state-metrics.ts";
import * as words from "./label-values.ts";

/** Series that may be born for tools and agents that nobody has used yet. */
const ADVANCE_SERIES = 5000;

/** Everything that is known before the first message. */
export function initializeClosedSets(families: Families): void {
  initializeDecisions(families);
  for (const cause of REFUSAL_CAUSES) families.messagesRefused.series(cause);
  for (const direction of words.DIRECTIONS) {
    for (const method of [...METHODS, words.RESPONSE]) families.messages.series(direction, method);
  }
  for (const transport of words.TRANSPORTS) {
    for (const family of [families.inflight, families.sessions, families.streams]) family.series(transport);
  }
  for (const cause of words.STORE_CAUSES) {
    for (const family of [families.limitStoreErrors, families.failOpen]) family.series(cause);
  }
  for (const cause of words.DROPPED_LINES) families.upstreamLinesDropped.series(cause);
  for (const state of APPROVAL_STATES) families.approvals.series(state);
  for (const kind of words.FREEZE_KINDS) families.frozen.series(kind);
  for (const category of CATEGORIES) families.tools.series(category);
  for (const result of words.RELOAD_RESULTS) families.policyReloads.series(result);
  for (const label of words.LABEL_BOUNDS) families.labelOverflow.series(label);
  initializeUnlabelled(families);
}

/** Calls of named agents on known tools: every outcome if there is room for it, else the two that matter most. */
export function initializeCalls(
  families: Families,
  bounds: CardinalityLimits,
  tools: readonly KnownTool[],
): void {
  const pairs = tools.length * bounds.named.size;
  const outcomes = [OUTCOMES, ["success", "denied"] as const].find(
    (some) => pairs * some.length <= ADVANCE_SERIES,
  );
  for (const tool of tools) {
    for (const agent of bounds.named) {
      for (const outcome of outcomes ?? []) {
        families.toolCalls.series(bounds.tools.of(tool.name), tool.category, agent, outcome);
      }
    }
  }
}

/** The rules of a policy, so that one that never hits is seen to, and one that cannot be evaluated from its first time on. */
export function initializeRules(
  families: Families,
  bounds: CardinalityLimits,
  rules: readonly string[],
): void {
  for (const rule of rules.slice(0, ADVANCE_SERIES)) families.ruleHits.series(bounds.rules.of(rule), "deny");
  const tests = rules.filter((rule) => /\/(?:require|deny_if)\//.test(rule));
  for (const rule of tests.slice(0, ADVANCE_SERIES / words.UNEVALUABLE_CAUSES.length)) {
    for (const cause of words.UNEVALUABLE_CAUSES)
      families.conditionsUnevaluable.series(bounds.rules.of(rule), cause);
  }
}

/** Changes of tools, which alerts wait for. */
export function initializeToolChanges(
  families: Families,
  bounds: CardinalityLimits,
  tools: readonly KnownTool[],
): void {
  for (const { name } of tools.slice(0, ADVANCE_SERIES / words.CHANGE_GRADES.length)) {
    for (const grade of words.CHANGE_GRADES) families.toolChanges.series(bounds.tools.of(name), grade);
  }
}

function initializeDecisions(families: Families): void {
  families.decisions.series("allow", words.NO_REASON);
  families.decisions.series("ask", "approval_required");
  for (const reason of REASONS) {
    families.decisions.series("deny", reason);
    families.decisions.series("would_deny", reason);
  }
}

function initializeUnlabelled(families: Families): void {
  families.overhead.series();
  const numbers = [
    families.toolsListBytes,
    families.limitKeys,
    families.approvalsPending,
    families.upstreamUp,
    families.upstreamRestarts,
    families.upstreamExposed,
    families.policyUnknownTools,
    families.policyUncoveredTools,
    families.policyReloadSuccessful,
    families.policyReloadTimestamp,
    families.auditDropped,
    families.traceExportFailures,
  ];
  for (const family of numbers) family.series();
}
