/** Judges one call together with what a person may have said about it. */

import type { Policy } from "../policy/compile.ts";
import { decide } from "../policy/decide.ts";
import { type Call, type Decision, isBlocked } from "../policy/decision.ts";
import { approvalRejectedDenial, denied } from "../policy/denial.ts";
import type { ReadUsage } from "../policy/limit.ts";
import type { Approvals, Asked } from "./approvals.ts";

/** A call with its arguments as an approval is bound to them. */
export type ApprovableCall = Call & { readonly argsOnWire: Asked["args"] };

export interface Judged {
  readonly decision: Decision;
  /** The id of the approval that the call waits for, was refused, or has used up. */
  readonly approval?: string;
  /** Gives the approval back that was used up; for a call that did not pass after all. */
  readonly giveBack?: () => void;
}

// Security: an approval is used up in the same synchronous step that reads it, so no second call finds it.
/** Decides; asks for an approval where a rule wants one, and uses one up where a person gave it. */
export function decideWithApproval(
  policy: Policy,
  call: ApprovableCall,
  readUsage: ReadUsage,
  { approvals, nowMs }: { readonly approvals: Approvals; readonly nowMs: number },
): Judged {
  const decision = decide(policy, call, readUsage);
  const { denial } = decision;
  if (denial?.effect !== "ask" || denial.mode === "shadow") return { decision };
  const { agent, tool, argsOnWire: args } = call;
  const answer = approvals.ask({ agent, tool, args, policyDigest: policy.digest, rule: denial.rule }, nowMs);
  switch (answer.state) {
    case "full":
      return { decision: { ...decision, denial: { ...denial, message: NO_ROOM } } };
    case "waiting":
      return { decision, approval: answer.approval.id };
    case "rejected":
      return { decision: denied(approvalRejectedDenial(denial)), approval: answer.approval.id };
    case "granted": {
      const approved = decide(policy, { ...call, isApproved: true }, readUsage);
      // A call that a limit denies after all keeps its approval.
      if (isBlocked(approved)) return { decision: approved };
      return { decision: approved, approval: answer.approval.id, giveBack: approvals.use(answer.approval) };
    }
  }
}

const NO_ROOM = "this call needs a person's approval, and too many calls wait for one";
