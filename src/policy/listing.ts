/** The name of a call, looked up in the server's tools/list. See docs/decisions/0081-look-alike-tools.md. */

import { foldsOnto, type ProtectedNames } from "../json/confusable-names.ts";

/** `listed`: the server has the name. `look_alike`: it has another name that this one folds onto. */
export type Listing = "listed" | "look_alike";

/** Looks up a name in those of a list; undefined when it has neither the name nor one that it folds onto. */
export function listingOf(name: string, listed: ProtectedNames): Listing | undefined {
  if (listed.exact.has(name)) return "listed";
  return foldsOnto(name, listed) ? "look_alike" : undefined;
}
