/** One decision as it is listed, searched and streamed. */

import type { Agent } from "../../enforcement/request.ts";
import type { Client, Outcome, Transport } from "../../mcp/vocabulary.ts";
import type { CategoryAssignment } from "../../policy/category/category.ts";
import type { CheckedArguments, Denial, Unevaluable } from "../../policy/decision.ts";
import type { Effect } from "../../policy/mode.ts";
import type { CapturedValues } from "../audit/capture.ts";

/** One decision; argument values are absent unless `audit.capture` selects them. */
export interface DecisionEntry {
  readonly id: string;
  /** ISO 8601, when the request was received. */
  readonly time: string;
  readonly agent: Pick<Agent, "name" | "source" | "verified">;
  /** The user on whose behalf the agent acts; absent when none is known. */
  readonly user?: string;
  /** The caller's IP address; absent on stdio. */
  readonly address?: string;
  readonly client?: Client;
  readonly transport: Transport;
  readonly method: string;
  readonly tool?: string;
  readonly category?: CategoryAssignment;
  /** Top-level names of the arguments. */
  readonly argumentNames: readonly string[];
  /** Values that `audit.capture` selects, by path; absent when it selects none of this tool. */
  readonly captured?: CapturedValues;
  readonly effect: Effect;
  /** Absent when no rule denies the call. */
  readonly denial?: Denial;
  readonly unevaluable: readonly Unevaluable[];
  /** Absent when the arguments fit the tool's schema, or were not checked. */
  readonly argumentsCheck?: CheckedArguments;
  /** Counters that the call was charged to. */
  readonly charges: readonly { readonly counter: string; readonly rule: string; readonly amount: number }[];
  readonly policyDigest: string;
  readonly approval?: string;
  readonly traceId?: string;
  /** Absent until the call has ended. */
  readonly outcome?: Outcome;
  readonly durationMs?: number;
}
