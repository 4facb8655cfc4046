/** The state of the page that has an address: the filter of decisions, and the decision that is open. */

import type { DecisionFilter } from "../src/telemetry/recent/decision-filter.ts";

export interface Address {
  readonly filter: DecisionFilter;
  /** The id of the decision that is open; absent when none is. */
  readonly decision?: string;
}

const FIELDS = ["agent", "user", "tool", "category", "effect", "reason"] as const;

/** Reads the query of an address; parameters of other names are ignored. */
export function readAddress(query: string): Address {
  const given = new URLSearchParams(query);
  const entries = FIELDS.map((name) => [name, given.get(name) ?? ""]).filter(([, value]) => value !== "");
  const decision = given.get("decision") ?? "";
  return { filter: Object.fromEntries(entries), ...(decision !== "" && { decision }) };
}

/** The query of an address, with its question mark; empty for a page without state. */
export function addressOf({ filter, decision }: Address): string {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ""));
  if (decision !== undefined) query.set("decision", decision);
  return query.size === 0 ? "" : `?${query}`;
}
