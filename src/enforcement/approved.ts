/** Judges one call together with what a person may have said about it. */

import { type Call, type Decision, isBlocked } from "../policy/decision.ts";
import { approvalRejectedDenial, denied } from "../policy/denial.ts";
import type { Approval, Approvals, Asked } from "./approvals.ts";

/** A call with its arguments as an approval is bound to them. */
export type ApprovableCall = Call & { readonly argsOnWire: Asked["args"] };

/** A decision whose charges, if it lets the call pass, are made. */
export interface Judged {
  readonly decision: Decision;
  /** Gives back what was charged. */
  readonly refund: () => void;
}

export interface Approved extends Judged {
  /** The id of the approval that the call waits for, was refused, or has used up. */
  readonly approval?: string;
}

/** Decides and charges in one step; a promise only where a store is asked. */
type Judge = (call: ApprovableCall) => Judged | Promise<Judged>;

interface Door {
  readonly approvals: Approvals;
  readonly policyDigest: string;
  readonly nowMs: number;
}

/** Judges; asks for an approval where a rule wants one, and uses one up where a person gave it. */
export function judgeWithApproval(
  call: ApprovableCall,
  judge: Judge,
  door: Door,
): Approved | Promise<Approved> {
  const judged = judge(call);
  if (judged instanceof Promise) return judged.then((one) => askWherePeopleDecide(call, judge, door, one));
  return askWherePeopleDecide(call, judge, door, judged);
}

function askWherePeopleDecide(
  call: ApprovableCall,
  judge: Judge,
  { approvals, policyDigest, nowMs }: Door,
  judged: Judged,
): Approved | Promise<Approved> {
  const { denial } = judged.decision;
  if (denial?.effect !== "ask" || denial.mode === "shadow") return judged;
  const { agent, tool, argsOnWire: args } = call;
  const answer = approvals.ask({ agent, tool, args, policyDigest, rule: denial.rule }, nowMs);
  switch (answer.state) {
    case "full":
      return { ...judged, decision: denied({ ...denial, message: NO_ROOM }) };
    case "waiting":
      return { ...judged, approval: answer.approval.id };
    case "rejected":
      return { ...judged, decision: denied(approvalRejectedDenial(denial)), approval: answer.approval.id };
    case "granted":
      return useApproval(call, judge, approvals, answer.approval);
  }
}

const NO_ROOM = "this call needs a person's approval, and too many calls wait for one";

// Security: the approval is taken in the same synchronous step that found it, so that no second call finds it.
function useApproval(
  call: ApprovableCall,
  judge: Judge,
  approvals: Approvals,
  approval: Approval,
): Approved | Promise<Approved> {
  const taken = approvals.take(approval);
  const settle = (judged: Judged): Approved => {
    if (isBlocked(judged.decision)) {
      // A call that a limit denies after all keeps its approval.
      taken.giveBack();
      return judged;
    }
    taken.use();
    const refund = (): void => {
      judged.refund();
      taken.giveBack();
    };
    return { decision: judged.decision, refund, approval: approval.id };
  };
  const judged = judge({ ...call, isApproved: true });
  if (!(judged instanceof Promise)) return settle(judged);
  return judged.then(settle, (error: unknown) => {
    taken.giveBack();
    throw error;
  });
}
