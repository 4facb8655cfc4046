/** Colours by meaning: passed is green or blue, denied is orange, broken is red. */

import type { OUTCOMES } from "../../src/mcp/vocabulary.ts";

type Outcome = (typeof OUTCOMES)[number];

export const ALLOWED = "green";
export const NEUTRAL = "blue";
export const DENIED = "orange";
export const SHADOW_COLOUR = "yellow";
export const BROKEN = "red";

export const OUTCOME_COLOURS: Readonly<Record<Outcome, string>> = {
  success: ALLOWED,
  tool_error: "purple",
  rpc_error: "dark-purple",
  upstream_error: BROKEN,
  timeout: "dark-red",
  cancelled: "#8e8e8e",
  denied: DENIED,
};

/** Values at which a number turns from good to doubtful to bad. */
export interface Thresholds {
  readonly warn: number;
  readonly bad: number;
}
