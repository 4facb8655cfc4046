/** What the admin listener answers, as types alone: the console and the server are both checked against them. */

import type { LimitFill } from "../enforcement/limits/limit-usage.ts";
import type { Step } from "../policy/explain/steps.ts";
import type { Category, CategoryAssignment } from "../policy/category/category.ts";
import type { Mode } from "../policy/mode.ts";
import type { Finding } from "../policy/lint/finding.ts";
import type { MinuteActivity, PairActivity } from "../telemetry/recent/activity.ts";
import type { DecisionEntry } from "../telemetry/recent/decision-entry.ts";

/** Any answer that is not 2xx. */
export interface ErrorAnswer {
  readonly error: string;
}

/** `GET /readyz`: 200 when ready, else 503. */
export interface ReadyAnswer {
  readonly ready: boolean;
  readonly because: readonly string[];
}

/** `GET /policy`. */
export interface PolicyAnswer {
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
  readonly agents: readonly { readonly match: string; readonly policy: string }[];
  readonly all: readonly { readonly digest: string; readonly mode: Mode }[];
}

/** `GET /tools`. */
export interface ToolsAnswer {
  readonly tools: readonly ToolAnswer[];
  readonly unknown_to_server: readonly string[];
  readonly findings: readonly Finding[];
}

export interface ToolAnswer extends CategoryAssignment {
  readonly name: string;
  readonly covered: boolean;
  readonly hidden: boolean;
  /** In what it differs from when this sidecar saw it first. */
  readonly changed: readonly ("description" | "schema" | "annotations")[];
  /** Whether it is no longer what the policy pinned. */
  readonly pin_broken: boolean;
}

/** `GET /activity`: calls that ended in the last 60 minutes. */
export interface ActivityAnswer {
  readonly server: string;
  /** Oldest first, quiet ones too; the last one is under way. */
  readonly minutes: readonly MinuteActivity[];
  readonly pairs: readonly PairActivity[];
}

/** `GET /limits`. */
export interface LimitsAnswer {
  /** Over all limits. */
  readonly keys: number;
  /** One for each limit: its fullest key. */
  readonly limits: readonly LimitFill[];
}

/** `GET /decisions`. */
export interface DecisionsAnswer {
  readonly decisions: readonly DecisionEntry[];
}

/** `GET /decisions/:id`. */
export interface DecisionAnswer extends DecisionEntry {
  readonly explanation: DecisionExplanation;
}

/** The words of `tollgate policy explain`, without what stood in the arguments. */
export interface DecisionExplanation {
  /** Null when they cannot be told any more: see `note`. */
  readonly steps: readonly Step[] | null;
  readonly how_to_allow: readonly string[];
  readonly note: string | null;
}

/** `GET /approvals`. */
export interface ApprovalsAnswer {
  readonly approvals: readonly ApprovalAnswer[];
}

export interface ApprovalAnswer {
  readonly id: string;
  readonly state: "requested" | "approved" | "rejected";
  readonly agent: string;
  readonly tool: string;
  readonly rule: string;
  /** Digest of the policy that asks. */
  readonly policy: string;
  readonly args: { readonly bytes: number; readonly keys: readonly string[] };
  /** Values by path; absent unless `audit.capture` keeps some of this tool. */
  readonly captured?: Readonly<Record<string, string>>;
  /** Calls that were denied while it waited. */
  readonly calls: number;
  readonly requested_at: string;
  readonly expires_at: string;
  readonly decided?: { readonly by: string; readonly reason?: string; readonly at: string };
}

/** `POST /approvals/:id/approve` and `.../reject`. */
export interface SettleBody {
  readonly by: string;
  readonly reason?: string;
}

/** `GET /freeze`. */
export interface FreezesAnswer {
  readonly frozen: readonly FreezeAnswer[];
}

export interface FreezeAnswer {
  /** Null: every agent. */
  readonly agent: string | null;
  /** Null: every tool. */
  readonly tool: string | null;
  readonly reason?: string;
  readonly by: string;
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

export type { Category };
