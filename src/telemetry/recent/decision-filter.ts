/** A filter of decisions, read from query parameters. */

import { CATEGORIES } from "../../policy/category/category.ts";
import { EFFECTS, REASONS } from "../../policy/mode.ts";
import type { DecisionEntry } from "./decision-entry.ts";

/** Matches decisions that equal every field that is present. */
export interface DecisionFilter {
  readonly agent?: string;
  readonly user?: string;
  readonly tool?: string;
  readonly category?: string;
  readonly effect?: string;
  readonly reason?: string;
}

/** Of the time when a request was received, in milliseconds since the epoch; an absent end is open. */
export interface TimeRange {
  readonly sinceMs?: number;
  /** Exclusive. */
  readonly untilMs?: number;
}

/** Allowed values by field; undefined allows any name. */
const FIELDS: Readonly<Record<keyof DecisionFilter, readonly string[] | undefined>> = {
  agent: undefined,
  user: undefined,
  tool: undefined,
  category: CATEGORIES,
  effect: EFFECTS,
  reason: REASONS,
};

export type ReadFilter =
  | { readonly filter: DecisionFilter; readonly problem?: undefined }
  | { readonly filter?: undefined; readonly problem: string };

/** Reads the filter. `allowed` names further parameters, which the caller reads. An empty parameter counts as absent. */
export function readDecisionFilter(
  parameters: Readonly<Record<string, unknown>>,
  allowed: readonly string[],
): ReadFilter {
  const filter: Record<string, string> = {};
  const known = [...Object.keys(FIELDS), ...allowed];
  for (const [name, value] of Object.entries(parameters)) {
    if (!known.includes(name)) return { problem: `${name}: unknown: must be ${known.join(", ")}` };
    if (allowed.includes(name) || value === "") continue;
    const values = Object.entries(FIELDS).find(([field]) => field === name)?.[1];
    if (typeof value !== "string") return { problem: `${name}: must come once` };
    if (values !== undefined && !values.includes(value))
      return { problem: `${name}: must be ${values.join(", ")}` };
    filter[name] = value;
  }
  return { filter };
}

export function matchesFilter(filter: DecisionFilter, entry: DecisionEntry): boolean {
  return (
    isWanted(filter.agent, entry.agent.name) &&
    isWanted(filter.user, entry.user) &&
    isWanted(filter.tool, entry.tool) &&
    isWanted(filter.category, entry.category?.category) &&
    isWanted(filter.effect, entry.effect) &&
    isWanted(filter.reason, entry.denial?.reason)
  );
}

function isWanted(wanted: string | undefined, value: string | undefined): boolean {
  return wanted === undefined || wanted === value;
}
