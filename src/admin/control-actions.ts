/** The actions of operators, which the routes of the admin listener offer. */

import type { Approval, ApprovalChoice, SettleResult } from "../enforcement/approvals/approval.ts";
import type { Freeze, FreezeTarget } from "../enforcement/freezes/freezes.ts";

type Result<T> = T | Promise<T>;

/** The actions of operators; a promise when the shared store is involved. */
export interface ControlActions {
  /** Undefined when the store does not respond. */
  readonly approvals: () => Result<readonly JudgedApproval[] | undefined>;
  /** How many people must approve a call. */
  readonly approvers: number;
  /** Argument values of the pending call; undefined when none are recorded. */
  readonly capturedFor: (approval: string) => Readonly<Record<string, string>> | undefined;
  readonly settle: (id: string, choice: ApprovalChoice, operator: Operator) => Result<JudgedSettleResult>;
  /** Rejects all of them, and returns those that were rejected by it; undefined when the store does not respond. */
  readonly reject: (ids: readonly string[], operator: Operator) => Result<readonly string[] | undefined>;
  readonly frozen: () => readonly (Freeze & { readonly isFromFile: boolean })[];
  readonly freeze: (
    part: FreezeTarget & { readonly untilMs?: number },
    operator: Operator,
  ) => Result<Kept & { readonly freeze: Freeze }>;
  readonly unfreeze: (
    part: FreezeTarget,
    operator: Operator,
  ) => Result<Kept & { readonly state: "lifted" | "file" | "not_frozen" | "unavailable" }>;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

export interface Kept {
  /** False when the change is in force but could not be saved, so that a restart undoes it. */
  readonly isKept: boolean;
  /** False when the change is in force here, and reaches the other sidecars once the store responds. */
  readonly isShared?: boolean;
}

export interface Operator {
  readonly by: string;
  /** The name is proven; absent: it is the one that the request gives. */
  readonly isProven?: true;
  readonly reason?: string;
}

/** Why an approval would let nothing pass: its policy is no longer in force, or its call is frozen. */
export type StaleCause = "policy_changed" | "frozen";

export interface JudgedApproval extends Approval {
  /** Absent: the call passes once it is approved. */
  readonly stale?: StaleCause;
}

export type JudgedSettleResult = SettleResult | { readonly state: "stale"; readonly cause: StaleCause };
