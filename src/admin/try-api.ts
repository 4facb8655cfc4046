/** The shapes of `POST /policy/try`, which the console shares. */

import type { Effect, Reason } from "../policy/mode.ts";

/** `POST /policy/try`. */
export interface TryPolicyBody {
  /** The text of a policy, in JSON or YAML. */
  readonly policy: string;
}

/** The response to `POST /policy/try`: the latest calls under the policy of the request. */
export interface TriedPolicyResponse {
  readonly digest: string;
  /** Calls that were looked at, of the latest 10,000 decisions. */
  readonly calls: number;
  /** Those with the same effect by the same rule. */
  readonly unchanged: number;
  /** Those that were too long to be remembered whole. */
  readonly unknown: number;
  /** Those that were denied for what no policy says, such as a freeze. */
  readonly outside_policy: number;
  /** Calls that are not allowed by both policies, by agent, tool, effects and rule; those with the most calls first. */
  readonly groups: readonly TriedGroup[];
  readonly further_groups: number;
}

export interface TriedGroup {
  readonly agent: string;
  readonly tool: string;
  readonly was: Effect;
  readonly now: Effect;
  /** Null where the call would pass. */
  readonly reason: Reason | null;
  readonly rule: string | null;
  readonly calls: number;
  /** The latest of these decisions. */
  readonly last_id: string;
}
