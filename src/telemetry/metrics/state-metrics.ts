/** The state of the sidecar as gauges and counters; each part sets its own. */

import type { LimitReadings } from "../../enforcement/limits/limit-usage.ts";
import type { Transport } from "../../mcp/vocabulary.ts";
import { CATEGORIES, type CategoryAssignment } from "../../policy/category/category.ts";
import { MIN_LABEL_CONFIDENCE } from "../../policy/category/confidence.ts";
import type { Mode } from "../../policy/mode.ts";
import type { Families } from "./registry.ts";
import type { CardinalityLimits } from "./cardinality-limits.ts";
import { labelValue } from "./labels.ts";
import type { ApprovalState } from "../../enforcement/approvals/approval.ts";
import type {
  AdminRefusalCause,
  ChangeGrade,
  DroppedLine,
  FreezeKind,
  StoreCause,
  AuditLostCause,
  LostCause,
} from "./label-values.ts";

interface LoadedPolicy {
  /** Empty without a policy. */
  readonly digest: string;
  readonly default: "allow" | "deny";
  readonly mode: Mode;
}

export interface KnownTool {
  readonly name: string;
  readonly assignment: CategoryAssignment;
  /** Whether a policy has a rule that holds for the tool. */
  readonly isCovered: boolean;
}

export interface StateMetrics {
  /** All policies in force, and when they were loaded, in milliseconds since the epoch. */
  readonly policiesLoaded: (policies: readonly LoadedPolicy[], loadedAtMs: number) => void;
  readonly policyRejected: () => void;
  /** `unknown`: tools that the policy names and the server does not have; `uncovered`: tools that no rule covers. */
  readonly policyCoverage: (coverage: { readonly unknown: number; readonly uncovered: number }) => void;
  readonly toolChanged: (tool: string, grade: ChangeGrade) => void;
  readonly sessions: (transport: Transport, open: number) => void;
  readonly streams: (transport: Transport, open: number) => void;
  readonly upstreamUp: (isUp: boolean) => void;
  readonly upstreamRestarted: () => void;
  readonly upstreamLineDropped: (cause: DroppedLine) => void;
  readonly upstreamExposed: (isExposed: boolean) => void;
  readonly approvalsPending: (pending: number) => void;
  readonly approval: (state: ApprovalState) => void;
  readonly frozen: (kind: FreezeKind, count: number) => void;
  readonly limitStoreFailed: (cause: StoreCause) => void;
  readonly failedOpen: (cause: StoreCause) => void;
  readonly adminRefused: (cause: AdminRefusalCause) => void;
  readonly auditDropped: (records: number, cause: AuditLostCause) => void;
  readonly spansLost: (spans: number, cause: LostCause) => void;
  readonly pointsLost: (points: number, cause: LostCause) => void;
}

export function createStateMetrics(families: Families, bounds: CardinalityLimits): StateMetrics {
  return {
    ...policyState(families),
    ...upstreamState(families),
    toolChanged: (tool, grade) => families.toolChanges.series(bounds.tools.valueFor(tool), grade).add(1),
    sessions: (transport, open) => families.sessions.series(transport).set(open),
    streams: (transport, open) => families.streams.series(transport).set(open),
    approvalsPending: (pending) => families.approvalsPending.series().set(pending),
    approval: (state) => families.approvals.series(state).add(1),
    frozen: (kind, count) => families.frozen.series(kind).set(count),
    limitStoreFailed: (cause) => families.limitStoreErrors.series(cause).add(1),
    failedOpen: (cause) => families.failOpen.series(cause).add(1),
    adminRefused: (cause) => families.adminRefused.series(cause).add(1),
    auditDropped: (records, cause) => families.auditDropped.series(cause).add(records),
    spansLost: (spans, cause) => families.traceExportFailures.series(cause).add(spans),
    pointsLost: (points, cause) => families.metricExportFailures.series(cause).add(points),
  };
}

/** Tools that `tollgate_tool_info` describes; further ones are counted by category alone. */
const MAX_DESCRIBED_TOOLS = 2_000;

export function setTools(families: Families, bounds: CardinalityLimits, tools: readonly KnownTool[]): void {
  const labels = tools.map(({ assignment }) => bounds.labelOf(assignment));
  for (const category of CATEGORIES) {
    families.tools.series(category).set(labels.filter((label) => label === category).length);
  }
  families.toolInfo.reset();
  for (const { name, assignment, isCovered } of tools.slice(0, MAX_DESCRIBED_TOOLS)) {
    const { category, source, confidence } = assignment;
    families.toolInfo
      .series(bounds.tools.valueFor(name), category, source, confidenceBand(confidence), String(isCovered))
      .set(1);
  }
}

/** `low` is below the default of the setting. */
function confidenceBand(confidence: number): "high" | "medium" | "low" {
  if (confidence < MIN_LABEL_CONFIDENCE) return "low";
  return confidence < 0.9 ? "medium" : "high";
}

export function setLimits(families: Families, bounds: CardinalityLimits, limits: LimitReadings): void {
  families.limitKeys.series().set(limits.keys);
  families.limitUtilization.reset();
  for (const { tool, counter, scope, ratio } of limits.fullest) {
    families.limitUtilization
      .series(bounds.tools.valueFor(tool), bounds.rules.valueFor(counter), scope)
      .set(ratio);
  }
}

function policyState(
  families: Families,
): Pick<StateMetrics, "policiesLoaded" | "policyRejected" | "policyCoverage"> {
  return {
    policiesLoaded: (policies, loadedAtMs) => {
      families.policyInfo.reset();
      for (const { digest, default: effect, mode } of policies) {
        families.policyInfo.series(labelValue(digest), effect, mode).set(1);
      }
      families.policyReloadSuccessful.series().set(1);
      families.policyReloadTimestamp.series().set(loadedAtMs / 1000);
      families.policyReloads.series("success").add(1);
    },
    policyRejected: () => {
      families.policyReloadSuccessful.series().set(0);
      families.policyReloads.series("failure").add(1);
    },
    policyCoverage: ({ unknown, uncovered }) => {
      families.policyUnknownTools.series().set(unknown);
      families.policyUncoveredTools.series().set(uncovered);
    },
  };
}

function upstreamState(
  families: Families,
): Pick<StateMetrics, "upstreamUp" | "upstreamRestarted" | "upstreamLineDropped" | "upstreamExposed"> {
  return {
    upstreamUp: (isUp) => families.upstreamUp.series().set(Number(isUp)),
    upstreamRestarted: () => families.upstreamRestarts.series().add(1),
    upstreamLineDropped: (cause) => families.upstreamLinesDropped.series(cause).add(1),
    upstreamExposed: (isExposed) => families.upstreamExposed.series().set(Number(isExposed)),
  };
}
