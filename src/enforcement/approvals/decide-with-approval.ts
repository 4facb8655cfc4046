/** Decides one call by the policy and by the approval that a person may have given. */

import type { CallMessage } from "../../mcp/message.ts";
import { type Call, type Denial, isBlocked } from "../../policy/decision.ts";
import { approvalRejectedDenial, denied } from "../../policy/denial.ts";
import type { ApprovalService, ApprovalRequest, ApprovalClaim } from "./approval.ts";
import type { ChargedDecision } from "../limits/charged-decision.ts";
import type { StoreFault } from "../store/store.ts";

/** A call with the arguments that an approval is bound to. */
export type ApprovableCall = Call & {
  readonly argsOnWire: ApprovalRequest["args"];
  readonly claimedClient?: string;
  readonly message?: CallMessage;
};

export interface DecisionWithApproval extends ChargedDecision {
  /** The id of the approval that the call waits for, that was rejected, or that the call has used. */
  readonly approval?: string;
}

/** Decides and charges in one step; a promise only with a shared store. */
type Decide = (call: ApprovableCall) => ChargedDecision | Promise<ChargedDecision>;

interface ApprovalContext {
  readonly approvals: ApprovalService;
  readonly policyDigest: string;
  readonly nowMs: number;
}

/** Decides; requests an approval where a rule requires one, and uses it once a person has granted it. */
export function decideWithApproval(
  call: ApprovableCall,
  decide: Decide,
  context: ApprovalContext,
): DecisionWithApproval | Promise<DecisionWithApproval> {
  const decided = decide(call);
  if (decided instanceof Promise)
    return decided.then((each) => requireApprovalIfNeeded(call, decide, context, each));
  return requireApprovalIfNeeded(call, decide, context, decided);
}

function requireApprovalIfNeeded(
  call: ApprovableCall,
  decide: Decide,
  { approvals, policyDigest, nowMs }: ApprovalContext,
  decided: ChargedDecision,
): DecisionWithApproval | Promise<DecisionWithApproval> {
  const { denial } = decided.decision;
  if (denial?.effect !== "ask" || denial.mode === "shadow") return decided;
  const { agent, user, source, claimedClient, message, tool, argsOnWire: args } = call;
  const caller = {
    agent,
    ...(source !== undefined && { source }),
    ...(user !== undefined && { user }),
    ...(claimedClient !== undefined && { claimedClient }),
  };
  const params = message && { params: message.params };
  const asked = { ...caller, tool, args, ...params, policyDigest, rule: denial.rule };
  const claim = approvals.claim(asked, nowMs);
  const applyClaim = (claimed: ApprovalClaim): DecisionWithApproval | Promise<DecisionWithApproval> => {
    switch (claimed.state) {
      case "full":
        return { ...decided, decision: denied({ ...denial, message: NO_ROOM }) };
      case "unavailable":
        return { ...decided, decision: denied(storeUnavailableDenial(denial, claimed.fault)) };
      case "waiting":
        return { ...decided, approval: claimed.approval.id };
      case "rejected":
        return {
          ...decided,
          decision: denied(approvalRejectedDenial(denial)),
          approval: claimed.approval.id,
        };
      case "granted":
        return useApproval(call, decide, claimed);
    }
  };
  return claim instanceof Promise ? claim.then(applyClaim) : applyClaim(claim);
}

const NO_ROOM = "this call needs a person's approval, and too many calls wait for one";

// Security: `on_store_error` is for limits; a call that needs an approval is denied without the store.
function storeUnavailableDenial(denial: Denial, fault: StoreFault): Denial {
  const message = `this call needs a person's approval, and the store that holds approvals did not answer (${fault})`;
  return { ...denial, effect: "deny", reason: "limiter_unavailable", message };
}

function useApproval(
  call: ApprovableCall,
  decide: Decide,
  { approval, held }: Extract<ApprovalClaim, { state: "granted" }>,
): DecisionWithApproval | Promise<DecisionWithApproval> {
  const settle = (decided: ChargedDecision): DecisionWithApproval => {
    if (isBlocked(decided.decision)) {
      // A limit denies the call, so its approval stays granted.
      held.release();
      return decided;
    }
    held.use();
    const refund = (): void => {
      decided.refund();
      held.release();
    };
    return { ...decided, refund, approval: approval.id };
  };
  const decided = decide({ ...call, isApproved: true });
  if (!(decided instanceof Promise)) return settle(decided);
  return decided.then(settle, (error: unknown) => {
    held.release();
    throw error;
  });
}
