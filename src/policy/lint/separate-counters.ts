/** Finds counters of one name in several entries that are not shared, though the author may have meant one counter. */

import type { PolicyDocument } from "../document/document.ts";
import { type Finding, placedEntries } from "./finding.ts";
import { IN_FLIGHT_COUNTER } from "../document/rule-entry.ts";
import type { DocumentPath } from "../schema/document-path.ts";

interface Use {
  readonly place: DocumentPath;
  /** Path of the entry. */
  readonly home: string;
  readonly isShared: boolean;
}

/** Returns one finding for each name; `except` has names that a translation made. */
export function counterFindings(document: PolicyDocument, except: ReadonlySet<string>): Finding[] {
  return Array.from(usesOf(document)).flatMap(([counter, uses]): Finding[] => {
    const own = uses.filter(({ isShared }) => !isShared);
    const homes = Array.from(new Set(own.map(({ home }) => home)));
    const isMixed = own.length > 0 && own.length < uses.length;
    const [first] = own;
    if (first === undefined || except.has(counter) || (homes.length < 2 && !isMixed)) return [];
    const path = first.place.at("counter").path();
    const message = isMixed
      ? `\`${counter}\` is shared elsewhere and counts on its own here: say "shared": true, or give it another name`
      : `\`${counter}\` is ${homes.length} counters, one in each of ${listed(homes)}: say "shared": true to make it one, or give them different names`;
    return [{ severity: "warning", code: "counter-not-shared", path, message }];
  });
}

function usesOf(document: PolicyDocument): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  for (const { place, entry } of placedEntries(document)) {
    for (const [index, { counter, shared }] of (entry.limits ?? []).entries()) {
      // The name that Tollgate gives means nothing.
      if (counter === IN_FLIGHT_COUNTER) continue;
      const use = { place: place.at("limits").at(index), home: place.path(), isShared: shared === true };
      uses.set(counter, [...(uses.get(counter) ?? []), use]);
    }
  }
  return uses;
}

const MAX_LISTED = 3;

function listed(homes: readonly string[]): string {
  const more = homes.length - MAX_LISTED;
  return [...homes.slice(0, MAX_LISTED), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
