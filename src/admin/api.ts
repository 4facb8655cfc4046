/** Types of the admin listener's JSON responses; server and console are both checked against them. */

import type { ShownValues } from "../enforcement/approvals/approval.ts";
import type { StaleCause } from "./control-actions.ts";
import type { PolicyBinding } from "../config/settings/binding-settings.ts";
import type { LimitFill } from "../enforcement/limits/limit-usage.ts";
import type { Step } from "../policy/explain/steps.ts";
import type { Category, CategoryAssignment } from "../policy/category/category.ts";
import type { Mode } from "../policy/mode.ts";
import type { Finding } from "../policy/lint/finding.ts";
import type { MinuteActivity, AgentToolActivity } from "../telemetry/recent/activity.ts";
import type { DecisionEntry } from "../telemetry/recent/decision-entry.ts";

/** Any response with a status other than 2xx. */
export interface ErrorResponse {
  readonly error: string;
}

/** `GET /readyz`: 200 when ready, else 503. */
export interface ReadyResponse {
  readonly ready: boolean;
  readonly because: readonly string[];
}

/** `GET /policy`. */
export interface PolicyResponse {
  readonly file: string | null;
  /** ISO 8601, like all times here. */
  readonly loaded_at: string;
  readonly last_error: string | null;
  /** Null where agents without a binding are denied; empty without a policy. */
  readonly digest: string | null;
  readonly mode?: Mode;
  readonly default?: "allow" | "deny";
  readonly rules?: readonly string[];
  readonly document?: unknown;
  /** As the settings file writes them; a group, scope or issuer as a list. */
  readonly agents: readonly PolicyBinding[];
  readonly all: readonly { readonly digest: string; readonly mode: Mode }[];
}

/** `GET /tools`. */
export interface ToolsResponse {
  readonly tools: readonly ToolEntry[];
  readonly unknown_to_server: readonly string[];
  readonly findings: readonly Finding[];
}

/** `GET` and `POST /tools/label`: the policy lines that assign another category to a tool. */
export interface LabelResponse {
  readonly tool: string;
  readonly category: Category;
  /** The lines as JSON, `{ "tools": { NAME: ENTRY } }`. */
  readonly policy: unknown;
  /** The lines as YAML. */
  readonly lines: string;
  /** A remark to read before adding them; null without one. */
  readonly note: string | null;
  /** The file for corrections; null when the settings name none. */
  readonly file: string | null;
  /** Whether this request has written the lines to that file. */
  readonly written: boolean;
}

export interface ToolEntry extends CategoryAssignment {
  readonly name: string;
  readonly covered: boolean;
  readonly hidden: boolean;
  /** Parts that differ from the tool's first listing in this process. */
  readonly changed: readonly ("description" | "schema" | "annotations")[];
  /** Whether the tool differs from the policy's pin. */
  readonly pin_broken: boolean;
}

/** `GET /activity`: calls that ended in the last 60 minutes. */
export interface ActivityResponse {
  readonly server: string;
  /** Oldest first, including minutes without calls; the last one is not over yet. */
  readonly minutes: readonly MinuteActivity[];
  readonly pairs: readonly AgentToolActivity[];
}

/** `GET /limits`. */
export interface LimitsResponse {
  /** Over all limits. */
  readonly keys: number;
  /** One for each limit: its fullest key. */
  readonly limits: readonly LimitFill[];
}

/** `GET /decisions`. */
export interface DecisionsResponse {
  /** Newest first. */
  readonly decisions: readonly DecisionEntry[];
  /** The id for `before` of the next page, which may be empty; absent on the last page. */
  readonly next?: string;
}

/** `GET /decisions/:id`. */
export interface DecisionResponse extends DecisionEntry {
  readonly explanation: DecisionExplanation;
}

/** The explanation of `tollgate policy explain`, without argument values. */
export interface DecisionExplanation {
  /** Null when they are no longer known; `note` then gives the reason. */
  readonly steps: readonly Step[] | null;
  readonly how_to_allow: readonly string[];
  readonly note: string | null;
}

/** `GET /approvals`. */
export interface ApprovalsResponse {
  readonly approvals: readonly ApprovalEntry[];
  /** How many people must approve a call. */
  readonly approvers: number;
  /** The proven name of the operator who asks; null without proof. */
  readonly operator: string | null;
}

export interface ApprovalEntry {
  readonly id: string;
  readonly state: "requested" | "approved" | "rejected";
  readonly agent: string;
  /** The user on whose behalf the agent acts; absent when none is known. */
  readonly user?: string;
  /** The client of a caller without proof, as it calls itself; not verified. */
  readonly claimed_client?: string;
  /** The source of the agent's name; `none` for a caller without proof, absent when it is not known. */
  readonly source?: string;
  readonly tool: string;
  readonly rule: string;
  /** Digest of the policy that requires the approval. */
  readonly policy: string;
  readonly args: { readonly bytes: number; readonly keys: readonly string[] };
  /** The same for each call of this tool with these arguments, whatever its caller. */
  readonly call?: string;
  /** The values of a call that waits, without secrets; absent where they are not shown. */
  readonly values?: ShownValues;
  /** Why an approval would let nothing pass; absent: the call passes once it is approved. */
  readonly stale?: StaleCause;
  /** Approvals that were given before one that is still needed. */
  readonly given?: readonly DecidedBy[];
  /** In a response to `approve`: how many more people must approve. */
  readonly missing_approvers?: number;
  /** Values by path; absent unless `audit.capture` selects some of this tool. */
  readonly captured?: Readonly<Record<string, string>>;
  /** Calls that were denied while the approval was pending. */
  readonly calls: number;
  readonly requested_at: string;
  readonly expires_at: string;
  readonly decided?: DecidedBy;
}

/** The decision of a person. */
export interface DecidedBy {
  readonly by: string;
  /** Absent: the name is the one that the person gave. */
  readonly by_proven?: true;
  readonly reason?: string;
  readonly at: string;
}

/** `POST /approvals/:id/approve` and `.../reject`. `by` may be absent where the name is proven, and is then ignored. */
export interface SettleBody {
  readonly by?: string;
  readonly reason?: string;
}

/** `POST /approvals/reject`: rejects each approval of `ids` that still waits. */
export interface RejectBody extends SettleBody {
  readonly ids: readonly string[];
}

/** The ids that this request has rejected. */
export interface RejectedResponse {
  readonly rejected: readonly string[];
}

/** `GET /freeze`. */
export interface FreezesResponse {
  readonly frozen: readonly FreezeEntry[];
}

export interface FreezeEntry {
  /** Null: every agent. */
  readonly agent: string | null;
  /** Null: every tool. */
  readonly tool: string | null;
  readonly reason?: string;
  readonly by: string;
  /** Absent: the name is the one that the person gave. */
  readonly by_proven?: true;
  readonly since: string;
  /** Null: until it is lifted. */
  readonly until: string | null;
  readonly source: "file" | "control";
}

/** `POST /freeze`. */
export interface FreezeBody extends UnfreezeBody {
  readonly minutes?: number;
  readonly until?: string;
}

/** `POST /unfreeze`. */
export interface UnfreezeBody extends SettleBody {
  readonly agent?: string;
  readonly tool?: string;
}

/** The response to `POST /unfreeze`. */
export interface UnfrozenResponse {
  readonly unfrozen: true;
  /** Other freezes that stop calls of the same target. */
  readonly still_frozen: readonly FreezeEntry[];
  readonly warning?: string;
}

export type { Category };
