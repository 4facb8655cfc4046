/** The category of a call by one of its arguments, for tools that do many things: `"category_by": { "arg": "action", "delete*": "destructive" }`. */

import type { ArgumentPath } from "../../json/path.ts";
import { resolveArgument, WRONG_CONTAINER } from "../../json/path.ts";
import type { JsonObject } from "../../json/json.ts";
import { foldName } from "../../json/confusable-names.ts";
import { type ArgumentAmbiguity, argumentAmbiguity } from "../argument-ambiguity.ts";
import { indexNames } from "../names/name-index.ts";
import type { Category } from "./category.ts";

/** The entry `category_by` of a tool, with its path parsed. */
export interface CategoryByEntry {
  /** The path as messages show it: `args.action`. */
  readonly path: string;
  readonly segments: ArgumentPath;
  /** Categories by the values of the argument, which may be patterns. */
  readonly values: ReadonlyMap<string, Category>;
}

/** The category that a call's argument says, or why it says none. */
export type ArgumentCategory =
  | { readonly category: Category; readonly cause?: undefined }
  | {
      readonly category?: undefined;
      readonly cause: ArgumentAmbiguity | "encoding" | "missing" | "unmatched";
    };

export type CategoryOfArguments = (args: JsonObject, inputSchema?: JsonObject) => ArgumentCategory;

/** Longer values are no names of actions. Security: a caller chooses the value, and folding it takes time. */
const MAX_LENGTH = 256;

/**
 * Compiles an entry. The most specific pattern decides, as for names of tools.
 * Security: a value that would have another category in another letter case, or without blanks and characters that do not show, has
 * none: many servers fold such values.
 */
export function compileCategoryBy({ segments, values }: CategoryByEntry): CategoryOfArguments {
  const exact = categoriesOf(values);
  const folded = categoriesOf(new Map(Array.from(values, ([text, category]) => [foldName(text), category])));
  return (args, inputSchema) => {
    const ambiguity = argumentAmbiguity(args, segments, inputSchema);
    if (ambiguity !== undefined) return { cause: ambiguity };
    const found = resolveArgument(args, segments);
    if (found === undefined) return { cause: "missing" };
    if (found === WRONG_CONTAINER || typeof found !== "string" || found.length > MAX_LENGTH)
      return { cause: "type" };
    if (!found.isWellFormed()) return { cause: "encoding" };
    const category = exact(found);
    if (category !== folded(foldName(found))) return { cause: "look_alike" };
    return category === undefined ? { cause: "unmatched" } : { category };
  };
}

/** Undefined where no pattern matches, or two that are equally specific do. */
function categoriesOf(values: ReadonlyMap<string, Category>): (value: string) => Category | undefined {
  const index = indexNames(values, (found) => ({
    category: found.length === 1 ? found[0]?.entry : undefined,
  }));
  return (value) => index.find(value).category;
}
