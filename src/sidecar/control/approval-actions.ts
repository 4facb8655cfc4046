/** Approvals as operators see and decide them: with their state under the policies in force, each decision recorded. */

import type { ControlActions, JudgedApproval, StaleCause } from "../../admin/control-actions.ts";
import type { PolicySet } from "../../config/files/policy-set.ts";
import type { Approval, ApprovalChoice, ApprovalService } from "../../enforcement/approvals/approval.ts";
import type { Freezes } from "../../enforcement/freezes/freezes.ts";
import type { Control } from "../../enforcement/observer.ts";

interface ApprovalActionParts {
  readonly approvals: ApprovalService;
  readonly freezes: Freezes;
  readonly policies: () => PolicySet;
  readonly nowMs: () => number;
  readonly record: (atMs: number, event: Omit<Control, "atMs">) => void;
}

const ACTIONS: Readonly<Record<ApprovalChoice, "approve" | "reject">> = {
  approved: "approve",
  rejected: "reject",
};

export function approvalActions(
  parts: ApprovalActionParts,
): Pick<ControlActions, "approvals" | "settle" | "reject"> {
  const { approvals, nowMs, record } = parts;
  const list = async (): Promise<readonly JudgedApproval[] | undefined> => {
    const listed = await approvals.list(nowMs());
    return listed?.map((approval) => judged(approval, parts));
  };
  const settle: ControlActions["settle"] = async (id, choice, operator) => {
    const stale = choice === "approved" ? (await list())?.find((one) => one.id === id)?.stale : undefined;
    if (stale !== undefined) return { state: "stale", cause: stale };
    const settled = await approvals.settle(id, choice, { ...operator, atMs: nowMs() });
    if (settled.state === "settled" || settled.state === "counted") {
      const { agent, user, tool } = settled.approval;
      const about = { approval: id, agent, ...(user !== undefined && { user }), tool };
      record(nowMs(), { action: ACTIONS[choice], ...operator, ...about });
    }
    return settled;
  };
  const reject: ControlActions["reject"] = async (ids, operator) => {
    const rejected: string[] = [];
    for (const id of new Set(ids)) {
      const { state } = await settle(id, "rejected", operator);
      if (state === "unavailable") return undefined;
      if (state === "settled") rejected.push(id);
    }
    return rejected;
  };
  return { approvals: list, settle, reject };
}

function judged(approval: Approval, parts: ApprovalActionParts): JudgedApproval {
  const stale = staleCause(approval, parts);
  return stale === undefined ? approval : { ...approval, stale };
}

// Invariant: the settings that bind agents to files do not change, so an agent's policy is the same while its digest is in force.
/** Why the call would be denied in spite of its approval; undefined when it would not. */
export function staleCause(
  { agent, tool, policyDigest, state }: Approval,
  { policies, freezes, nowMs }: Pick<ApprovalActionParts, "policies" | "freezes" | "nowMs">,
): StaleCause | undefined {
  if (state === "rejected") return undefined;
  if (!policies().all.some(({ digest }) => digest === policyDigest)) return "policy_changed";
  return freezes.find([agent], tool, nowMs()) === undefined ? undefined : "frozen";
}
