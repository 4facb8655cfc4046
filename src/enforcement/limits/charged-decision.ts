/** A decision, and the function that refunds its charges. */

import type { Decision } from "../../policy/decision.ts";

/** A decision; when it lets the call pass, its charges are made. */
export interface ChargedDecision {
  readonly decision: Decision;
  /** Undoes the charges. */
  readonly refund: () => void;
}
