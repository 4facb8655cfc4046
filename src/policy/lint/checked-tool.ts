/** A tool whose schema rules are compared with, and the words of the findings. */

import type { Condition } from "../condition.ts";
import type { PlacedRule } from "./finding.ts";
import type { Argument } from "../../mcp/input-schema.ts";
import type { JsonObject } from "../../json/json.ts";
import { nearestName } from "../schema/did-you-mean.ts";
import type { ArgumentPath } from "../../json/path.ts";
import { listWords } from "../schema/schema.ts";

export interface CheckedTool {
  readonly name: string;
  readonly schema: JsonObject;
  readonly isStrict: boolean;
  /** Whether calls are held against the schema, and denied when they do not fit. */
  readonly isValidated: boolean;
  /** Rules for every tool; they may require an argument that another rule tests. */
  readonly common: readonly PlacedRule[];
}

/** An argument that the schema has. */
export type Present = Extract<Argument, { kind: "present" }>;

/** A condition with its place in the document. */
export interface Subject {
  readonly condition: Condition;
  readonly kind: PlacedRule["kind"];
  readonly path: string;
}

/** End of the message about a rule that cannot deny. */
export const NEVER_DENIES = "the rule never denies";

/** Suggests a name near the last segment: `, did you mean "amount"?`. */
export function suggestion(segments: ArgumentPath, known: readonly string[]): string {
  const nearest = nearestName(String(segments.at(-1)), known);
  return nearest === undefined ? "" : `, did you mean ${JSON.stringify(nearest)}?`;
}

/** Prints `a string`, `an array or an object`. */
export function withArticle(types: readonly string[]): string {
  return listWords(types.map((type) => `${/^[ao]/.test(type) ? "an" : "a"} ${type}`));
}
