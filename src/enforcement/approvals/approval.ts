/** An approval: a person's one-time permission for exactly one call, bound to agent, user, tool, arguments and policy. */

import { otherParamsText } from "../../mcp/call-params.ts";
import type { CallMessage } from "../../mcp/message.ts";
import type { StoreFault } from "../store/store.ts";

export const APPROVAL_STATES = ["requested", "approved", "rejected", "expired", "used"] as const;
/** The last two are final. */
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** The call that needs an approval. */
export interface ApprovalRequest {
  /** The principal. */
  readonly agent: string;
  /** The verified user on whose behalf the agent acts; absent when none is known. */
  readonly user?: string;
  /** Security: the name and version that the client of a caller without proof claims, for a person to read and for nothing else. */
  readonly claimedClient?: string;
  /** The source of the agent's name; `none` for a caller without proof. Absent: of an approval from before sources were kept. */
  readonly source?: string;
  readonly tool: string;
  readonly policyDigest: string;
  /** JSON Pointer of the rule that requires the approval. */
  readonly rule: string;
  readonly args: {
    readonly bytes: number;
    readonly keys: readonly string[];
    /** The JSON text that the policy has judged and that is forwarded. */
    readonly text: string;
  };
  /** All parameters of the call; absent: it has none but its arguments. */
  readonly params?: CallMessage["params"];
}

/** The values of a call for a person to read: without secrets, and bounded. */
export interface ShownValues {
  readonly values: readonly ShownValue[];
  /** Number of further values, which are not shown. */
  readonly more: number;
}

export interface ShownValue {
  /** `args.table`, `task.ttl`, `_meta["a.b"]`. */
  readonly path: string;
  /** JSON, or its beginning. */
  readonly text: string;
  /** Length of the whole text, in characters, where it was cut. */
  readonly length?: number;
}

export interface Approval extends Omit<ApprovalRequest, "args" | "params"> {
  readonly id: string;
  /** The same for each call of this tool with these arguments, whatever its caller. Absent as `source`. */
  readonly call?: string;
  /** Only while the call waits; absent where values are not shown, and after a restart. */
  readonly values?: ShownValues;
  /** The approvals that were given before one that is still needed; absent when there is none. */
  readonly given?: readonly ApprovalDecision[];
  readonly state: "requested" | "approved" | "rejected";
  readonly args: Omit<ApprovalRequest["args"], "text">;
  /** Milliseconds since the epoch, like all times here. */
  readonly requestedAtMs: number;
  readonly expiresAtMs: number;
  /** Number of calls that were denied while the approval was requested. */
  readonly calls: number;
  readonly decided?: ApprovalDecision;
}

/** The decision of a person. */
export interface ApprovalDecision {
  readonly by: string;
  /** The name is proven; absent: it is the one that the person gave. */
  readonly isProven?: true;
  readonly reason?: string;
  readonly atMs: number;
}

/** State of the approval of one call. `full`: no further approval can wait. `unavailable`: the store did not answer. */
export type ApprovalClaim =
  | { readonly state: "waiting" | "rejected"; readonly approval: Approval }
  /** Security: held by this call, so that no other call finds it. */
  | { readonly state: "granted"; readonly approval: Approval; readonly held: HeldApproval }
  | { readonly state: "full" }
  | { readonly state: "unavailable"; readonly fault: StoreFault };

/** A granted approval that one call holds. */
export interface HeldApproval {
  /** The call passes. */
  readonly use: () => void;
  /** The call does not pass: the approval is granted again. */
  readonly release: () => void;
}

export type ApprovalChoice = "approved" | "rejected";

/**
 * `counted`: one more approver is needed. `gone`: unknown, used or expired. `decided`: another decision came first.
 * `same_approver`: this person has approved already. `unavailable`: the store did not answer.
 */
export type SettleResult =
  | {
      readonly state: "settled" | "counted";
      readonly approval: Approval;
      /** False when the decision is in force, and could not be saved for a restart. */
      readonly isKept: boolean;
    }
  | { readonly state: "gone" | "decided" | "same_approver" | "unavailable" };

/** The place that keeps approvals: this process, which responds at once, or a store that sidecars share. */
export interface ApprovalService {
  /** Finds the approval of exactly this call, and requests one when there is none. @throws ApprovalStoreError */
  readonly claim: (request: ApprovalRequest, nowMs: number) => ApprovalClaim | Promise<ApprovalClaim>;
  readonly settle: (
    id: string,
    choice: ApprovalChoice,
    decided: ApprovalDecision,
  ) => SettleResult | Promise<SettleResult>;
  /** All approvals that are neither used nor expired, oldest first; undefined when the store did not answer. */
  readonly list: (nowMs: number) => readonly Approval[] | Promise<readonly Approval[] | undefined>;
}

/** A granted approval could not be saved as used. */
export class ApprovalStoreError extends Error {
  override readonly name = "ApprovalStoreError";
}

export interface ApprovalsOptions {
  /** How long an approval waits for a decision, and how long it stays usable once granted. */
  readonly ttlMs: number;
  readonly maxInAll: number;
  readonly maxPerAgent: number;
  /** How many people must approve a call, each of another name; absent: one. */
  readonly approvers?: number;
  /** The values of a call for a person to read; absent: they are not shown. */
  readonly show?: (params: CallMessage["params"]) => ShownValues;
  /** An id that cannot be guessed: it gives no rights, but an agent need not learn of other agents' calls. */
  readonly newId: () => string;
  /** A digest of at least 128 bits. */
  readonly digest: (text: string) => string;
  readonly onChange: (approval: Approval, state: ApprovalState) => void;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

// Invariant: as JSON, so that two different calls never have the same text.
/** The digest that binds an approval to its call. */
export function approvalBinding(
  { agent, user, tool, policyDigest, args, params }: ApprovalRequest,
  digest: (text: string) => string,
): string {
  const bound = [agent, tool, policyDigest, args.text];
  const others = params === undefined ? "" : otherParamsText(params);
  if (others !== "") return digest(JSON.stringify([...bound, user ?? null, others]));
  // A call without a user is bound as it was before users were known, so that its approvals survive an upgrade.
  return digest(JSON.stringify(user === undefined ? bound : [...bound, user]));
}

/** The parts of a new approval that come from its call. */
export function askedOf(
  { args, params, ...rest }: ApprovalRequest,
  { digest, show }: Pick<ApprovalsOptions, "digest" | "show">,
): Omit<Approval, "id" | "state" | "requestedAtMs" | "expiresAtMs" | "calls"> {
  const others = params === undefined ? "" : otherParamsText(params);
  const values = params && show?.(params);
  return {
    ...rest,
    args: { bytes: args.bytes, keys: boundedNames(args.keys) },
    call: digest(JSON.stringify([rest.tool, args.text, others])),
    ...(values && { values }),
  };
}

const MAX_NAMES = 64;
const MAX_NAME_LENGTH = 256;

/** Names of arguments for display, bounded in number and length, since the caller chooses them. */
export function boundedNames(names: readonly string[]): readonly string[] {
  const shown = names
    .slice(0, MAX_NAMES)
    .map((name) => (name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name));
  return names.length > MAX_NAMES ? [...shown, `and ${names.length - MAX_NAMES} more`] : shown;
}
