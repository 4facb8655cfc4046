/** Routes of approvals: the calls that wait for a person, and the decision of one or of several. */

import type { Express, Response } from "express";
import type { ApprovalDecision } from "../enforcement/approvals/approval.ts";
import type { ApprovalEntry, ApprovalsResponse, DecidedBy, RejectedResponse } from "./api.ts";
import type { ControlActions, JudgedApproval, JudgedSettleResult, StaleCause } from "./control-actions.ts";
import {
  BadBody,
  type Body,
  isoTime,
  NO_STORE,
  type OperatorOf,
  readOperator,
  warningOf,
  withBody,
} from "./control-body.ts";
import { sendError } from "./send-error.ts";

export function addApprovalRoutes(app: Express, actions: ControlActions, operatorOf: OperatorOf): void {
  const { approvers } = actions;
  app.get("/approvals", (request, response, next) => {
    sendList(actions, response, operatorOf(request) ?? null).catch(next);
  });
  for (const [path, choice] of Object.entries(CHOICES)) {
    app.post(`/approvals/:id/${path}`, (request, response) =>
      withBody(request, response, async (body) => {
        const operator = readOperator(body, operatorOf(request));
        sendSettled(response, await actions.settle(request.params.id, choice, operator), approvers);
      }),
    );
  }
  app.post("/approvals/reject", (request, response) =>
    withBody(request, response, async (body) => {
      const rejected = await actions.reject(readIds(body), readOperator(body, operatorOf(request)));
      if (rejected === undefined) sendError(response, 503, NO_STORE);
      else response.json({ rejected } satisfies RejectedResponse);
    }),
  );
}

async function sendList(actions: ControlActions, response: Response, operator: string | null): Promise<void> {
  const { approvers, capturedFor } = actions;
  const known = await actions.approvals();
  if (known === undefined) return sendError(response, 503, NO_STORE);
  const approvals = known.map((approval) => {
    const captured = capturedFor(approval.id);
    return { ...approvalEntry(approval), ...(captured && { captured }) };
  });
  response.json({ approvals, approvers, operator } satisfies ApprovalsResponse);
}

const CHOICES = { approve: "approved", reject: "rejected" } as const;

function sendSettled(response: Response, settled: JudgedSettleResult, approvers: number): void {
  switch (settled.state) {
    case "settled":
    case "counted": {
      const missing = settled.state === "counted" ? approvers - (settled.approval.given?.length ?? 0) : 0;
      const entry = {
        ...approvalEntry(settled.approval),
        ...(missing > 0 && { missing_approvers: missing }),
      };
      return void response.json({ ...entry, ...warningOf(settled) });
    }
    case "unavailable":
      return sendError(response, 503, NO_STORE);
    case "gone":
      return sendError(
        response,
        404,
        "no approval with this id waits: it was used, has expired, or never was",
      );
    case "decided":
      return sendError(response, 409, "this approval was decided already");
    case "same_approver":
      return sendError(response, 409, "you have approved this already: another person must approve it too");
    case "stale":
      return sendError(response, 409, STALE[settled.cause]);
  }
}

const STALE: Readonly<Record<StaleCause, string>> = {
  policy_changed:
    "this approval is stale: the policy has changed since the call was made; the agent must call again",
  frozen: "this call is frozen, and would be denied though approved: lift the freeze first",
};

const MAX_IDS = 500;

function readIds({ ids }: Body): readonly string[] {
  const isList = Array.isArray(ids) && ids.length > 0 && ids.length <= MAX_IDS;
  if (isList && ids.every((id) => typeof id === "string")) return ids;
  throw new BadBody(`ids: must be a list of 1 to ${MAX_IDS} ids of approvals`);
}

function approvalEntry(approval: JudgedApproval): ApprovalEntry {
  const { requestedAtMs, expiresAtMs, decided, given, policyDigest, claimedClient, ...rest } = approval;
  return {
    ...rest,
    ...(claimedClient !== undefined && { claimed_client: claimedClient }),
    policy: policyDigest,
    requested_at: isoTime(requestedAtMs),
    expires_at: isoTime(expiresAtMs),
    ...(given && { given: given.map(decidedBy) }),
    ...(decided && { decided: decidedBy(decided) }),
  };
}

function decidedBy({ atMs, isProven, ...operator }: ApprovalDecision): DecidedBy {
  return { ...operator, ...(isProven && { by_proven: true }), at: isoTime(atMs) };
}
