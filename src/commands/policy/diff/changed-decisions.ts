/** Decides the calls of an audit log under two policies, and counts the decisions that differ. */

import type { CompiledPolicy } from "../../../policy/document/compile.ts";
import type { AuditLog } from "../audit-lines.ts";
import { type NewEffect, replayLog } from "../replay-log.ts";

/** Calls of one agent to one tool whose decision differs. */
export interface ChangedDecision {
  readonly agent: string;
  /** The tool; the method for other methods than tools/call. */
  readonly tool: string;
  readonly before: NewEffect;
  readonly after: NewEffect;
  /** The rule that denies, under the policy that does. */
  readonly rule: string;
  readonly calls: number;
}

export function changedDecisions(
  log: AuditLog,
  before: CompiledPolicy,
  after: CompiledPolicy,
): ChangedDecision[] {
  const [one, other] = [replayLog(log, before).replayed, replayLog(log, after).replayed];
  const changed = one.flatMap((each, index) => {
    const now = other[index];
    if (now === undefined || now.newEffect === each.newEffect) return [];
    const { agent, tool, method } = each.call;
    const rule = (now.denial ?? each.denial)?.rule ?? "";
    return [{ agent, tool: tool ?? method, before: each.newEffect, after: now.newEffect, rule }];
  });
  const groups = Array.from(Map.groupBy(changed, (each) => JSON.stringify(each)).values());
  return groups
    .flatMap((group) => group.slice(0, 1).map((each) => ({ ...each, calls: group.length })))
    .toSorted((a, b) => b.calls - a.calls);
}
