/** Series that are initialised to 0: `increase()` does not see the first event of a counter that is created at 1. */

import { APPROVAL_STATES } from "../../enforcement/approvals/approval.ts";
import { METHODS } from "../../mcp/methods.ts";
import { OUTCOMES, REFUSAL_CAUSES } from "../../mcp/vocabulary.ts";
import { CATEGORIES } from "../../policy/category/category.ts";
import { UNEVALUABLE_CAUSES } from "../../policy/decision.ts";
import { REASONS } from "../../policy/mode.ts";
import type { Families } from "./registry.ts";
import type { CardinalityLimits } from "./cardinality-limits.ts";
import type { KnownTool } from "./state-metrics.ts";
import * as labelValues from "./label-values.ts";

/** Series that may be created for tools, agents and rules before their first use. */
const MAX_INITIAL_SERIES = 5000;

/** Series whose labels have closed sets of values. */
export function initializeClosedSets(families: Families, { hasUserLabel = false } = {}): void {
  initializeDecisions(families);
  for (const cause of REFUSAL_CAUSES) families.messagesRefused.series(cause);
  for (const direction of labelValues.DIRECTIONS) {
    for (const method of [...METHODS, labelValues.RESPONSE_METHOD])
      families.messages.series(direction, method);
  }
  for (const transport of labelValues.TRANSPORTS) {
    for (const family of [families.inflight, families.sessions, families.streams]) family.series(transport);
  }
  for (const cause of labelValues.STORE_CAUSES) {
    for (const family of [families.limitStoreErrors, families.failOpen]) family.series(cause);
  }
  for (const cause of labelValues.DROPPED_LINES) families.upstreamLinesDropped.series(cause);
  for (const cause of labelValues.LOST_CAUSES) {
    families.traceExportFailures.series(cause);
    families.metricExportFailures.series(cause);
  }
  for (const cause of labelValues.AUDIT_LOST_CAUSES) families.auditDropped.series(cause);
  for (const cause of labelValues.ADMIN_REFUSALS) families.adminRefused.series(cause);
  for (const state of APPROVAL_STATES) families.approvals.series(state);
  for (const kind of labelValues.FREEZE_KINDS) families.frozen.series(kind);
  for (const category of CATEGORIES) families.tools.series(category);
  for (const result of labelValues.RELOAD_RESULTS) families.policyReloads.series(result);
  for (const label of labelValues.LABEL_BOUNDS)
    if (label !== "user" || hasUserLabel) families.labelOverflow.series(label);
  initializeUnlabelled(families);
}

/** Calls of named agents on known tools: with every outcome when the bound allows it, else with `success` and `denied`. */
export function initializeCalls(
  families: Families,
  bounds: CardinalityLimits,
  tools: readonly KnownTool[],
): void {
  const pairs = tools.length * bounds.named.size;
  const outcomes = [OUTCOMES, ["success", "denied"] as const].find(
    (candidates) => pairs * candidates.length <= MAX_INITIAL_SERIES,
  );
  for (const tool of tools) {
    for (const agent of bounds.named) {
      for (const outcome of outcomes ?? []) {
        families.toolCalls.series(
          bounds.tools.valueFor(tool.name),
          bounds.labelOf(tool.assignment),
          agent,
          outcome,
          ...bounds.noUser,
        );
      }
    }
  }
}

/** Rules of a policy, so that a rule without hits is visible, and the first evaluation that fails is counted. */
export function initializeRules(
  families: Families,
  bounds: CardinalityLimits,
  rules: readonly string[],
): void {
  for (const rule of rules.slice(0, MAX_INITIAL_SERIES))
    families.ruleHits.series(bounds.rules.valueFor(rule), "deny");
  const conditional = rules.filter((rule) => /\/(?:require|deny_if)\//.test(rule));
  for (const rule of conditional.slice(0, MAX_INITIAL_SERIES / UNEVALUABLE_CAUSES.length)) {
    for (const cause of UNEVALUABLE_CAUSES)
      families.conditionsUnevaluable.series(bounds.rules.valueFor(rule), cause);
  }
}

/** Arguments that do not fit, of each tool. */
export function initializeArguments(
  families: Families,
  bounds: CardinalityLimits,
  tools: readonly KnownTool[],
): void {
  for (const { name } of tools.slice(0, MAX_INITIAL_SERIES / labelValues.ARGUMENT_CHECKS.length)) {
    for (const check of labelValues.ARGUMENT_CHECKS)
      families.argumentsInvalid.series(bounds.tools.valueFor(name), "invalid", check);
  }
}

/** Tool changes, on which alerts depend. */
export function initializeToolChanges(
  families: Families,
  bounds: CardinalityLimits,
  tools: readonly KnownTool[],
): void {
  for (const { name } of tools.slice(0, MAX_INITIAL_SERIES / labelValues.CHANGE_GRADES.length)) {
    for (const grade of labelValues.CHANGE_GRADES)
      families.toolChanges.series(bounds.tools.valueFor(name), grade);
  }
}

function initializeDecisions(families: Families): void {
  families.decisions.series("allow", labelValues.NO_REASON);
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
  ];
  for (const family of numbers) family.series();
}
