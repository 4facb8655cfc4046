/** A decision together with the way to undo its charges. */

import type { Decision } from "../../policy/decision.ts";

/** A decision whose charges, if it lets the call pass, are made. */
export interface ChargedDecision {
  readonly decision: Decision;
  /** Gives back what was charged. */
  readonly refund: () => void;
}
