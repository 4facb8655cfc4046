/** The state of the page that has an address: filters, and the decision that is open. */

import type { DecisionFilter } from "../src/telemetry/recent/decision-filter.ts";

/** A filter of decisions with a range of times, in ISO 8601. */
export interface PageFilter extends DecisionFilter {
  readonly since?: string;
  /** Exclusive. */
  readonly until?: string;
}

export interface Address {
  readonly filter: PageFilter;
  /** The id of the decision that is open; absent when none is. */
  readonly decision?: string;
  /** The text that agents and tools in the table of the last hour have; absent without one. */
  readonly calls?: string;
  /** The text that listed tools have; absent without one. */
  readonly tools?: string;
}

const FIELDS = ["agent", "user", "tool", "category", "effect", "reason", "since", "until"] as const;
const OTHERS = ["decision", "calls", "tools"] as const;

/** Reads the query of an address; parameters of other names are ignored. */
export function readAddress(query: string): Address {
  const given = new URLSearchParams(query);
  const read = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(
      names.map((name) => [name, given.get(name) ?? ""]).filter(([, value]) => value !== ""),
    );
  return { filter: read(FIELDS), ...read(OTHERS) };
}

/** The query of an address, with its question mark; empty for a page without state. */
export function addressOf({ filter, ...others }: Address): string {
  const given = Object.entries({ ...filter, ...others }).filter(([, value]) => value !== "");
  const query = new URLSearchParams(given);
  return query.size === 0 ? "" : `?${query}`;
}
