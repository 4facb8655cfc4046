/** Judges one call together with what a person may have said about it. */

import { type Call, type Denial, isBlocked } from "../../policy/decision.ts";
import { approvalRejectedDenial, denied } from "../../policy/denial.ts";
import type { ApprovalService, ApprovalRequest, ApprovalClaim } from "./approvals.ts";
import type { ChargedDecision } from "../limits/charged-decision.ts";
import type { StoreFault } from "../store/store.ts";

/** A call with its arguments as an approval is bound to them. */
export type ApprovableCall = Call & { readonly argsOnWire: ApprovalRequest["args"] };

export interface DecisionWithApproval extends ChargedDecision {
  /** The id of the approval that the call waits for, was refused, or has used up. */
  readonly approval?: string;
}

/** Decides and charges in one step; a promise only where a store is asked. */
type Decide = (call: ApprovableCall) => ChargedDecision | Promise<ChargedDecision>;

interface ApprovalContext {
  readonly approvals: ApprovalService;
  readonly policyDigest: string;
  readonly nowMs: number;
}

/** Judges; asks for an approval where a rule wants one, and uses one up where a person gave it. */
export function decideWithApproval(
  call: ApprovableCall,
  judge: Decide,
  door: ApprovalContext,
): DecisionWithApproval | Promise<DecisionWithApproval> {
  const judged = judge(call);
  if (judged instanceof Promise) return judged.then((one) => requireApprovalIfNeeded(call, judge, door, one));
  return requireApprovalIfNeeded(call, judge, door, judged);
}

function requireApprovalIfNeeded(
  call: ApprovableCall,
  judge: Decide,
  { approvals, policyDigest, nowMs }: ApprovalContext,
  judged: ChargedDecision,
): DecisionWithApproval | Promise<DecisionWithApproval> {
  const { denial } = judged.decision;
  if (denial?.effect !== "ask" || denial.mode === "shadow") return judged;
  const { agent, tool, argsOnWire: args } = call;
  const claim = approvals.claim({ agent, tool, args, policyDigest, rule: denial.rule }, nowMs);
  const answer = (claimed: ApprovalClaim): DecisionWithApproval | Promise<DecisionWithApproval> => {
    switch (claimed.state) {
      case "full":
        return { ...judged, decision: denied({ ...denial, message: NO_ROOM }) };
      case "unavailable":
        return { ...judged, decision: denied(storeUnavailableDenial(denial, claimed.fault)) };
      case "waiting":
        return { ...judged, approval: claimed.approval.id };
      case "rejected":
        return { ...judged, decision: denied(approvalRejectedDenial(denial)), approval: claimed.approval.id };
      case "granted":
        return useApproval(call, judge, claimed);
    }
  };
  return claim instanceof Promise ? claim.then(answer) : answer(claim);
}

const NO_ROOM = "this call needs a person's approval, and too many calls wait for one";

// Security: whatever `on_store_error` says of limits, a call that a person must see does not pass unseen.
function storeUnavailableDenial(asked: Denial, fault: StoreFault): Denial {
  const message = `this call needs a person's approval, and the store that holds approvals did not answer (${fault})`;
  return { ...asked, effect: "deny", reason: "limiter_unavailable", message };
}

function useApproval(
  call: ApprovableCall,
  judge: Decide,
  { approval, taken }: Extract<ApprovalClaim, { state: "granted" }>,
): DecisionWithApproval | Promise<DecisionWithApproval> {
  const settle = (judged: ChargedDecision): DecisionWithApproval => {
    if (isBlocked(judged.decision)) {
      // A call that a limit denies after all keeps its approval.
      taken.release();
      return judged;
    }
    taken.use();
    const refund = (): void => {
      judged.refund();
      taken.release();
    };
    return { decision: judged.decision, refund, approval: approval.id };
  };
  const judged = judge({ ...call, isApproved: true });
  if (!(judged instanceof Promise)) return settle(judged);
  return judged.then(settle, (error: unknown) => {
    taken.release();
    throw error;
  });
}
