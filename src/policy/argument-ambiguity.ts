/** Detects arguments that a server may read differently from the policy. */

import { findArgument } from "../mcp/input-schema.ts";
import { isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import { isConfusableWith } from "../json/confusable-names.ts";
import { childOf, type ArgumentPath } from "../json/path.ts";

/** `look_alike`: an object on the path has a confusable name. `type`: a string on the path may be parsed as JSON. */
export type ArgumentAmbiguity = "look_alike" | "type";

/** Most names in one object; an object with more counts as ambiguous without a comparison. */
const MAX_COMPARED_NAMES = 10_000;

// Security: Go's encoding/json reads `Amount` as `amount`, and Python servers parse `"{...}"` where they expect an object.
/**
 * Returns why the server may find another value at the path than the policy; undefined when it cannot.
 * The server tells apart names that the tool's `inputSchema` declares in one object.
 */
export function argumentAmbiguity(
  args: JsonObject,
  path: ArgumentPath,
  inputSchema?: JsonObject,
): ArgumentAmbiguity | undefined {
  let value: Json | undefined = args;
  let depth = 0;
  for (const segment of path) {
    if (typeof value === "string") return mayBeStructure(value) ? "type" : undefined;
    const isDeclaredBeside = (name: string): boolean =>
      [segment, name].every((one) => isDeclared(inputSchema, [...path.slice(0, depth), one]));
    if (isJsonObject(value) && hasConfusableName(value, segment, isDeclaredBeside)) return "look_alike";
    value = childOf(value, segment);
    if (value === undefined) return undefined;
    depth += 1;
  }
  return undefined;
}

/** Whether `object` has a name that is confusable with the wanted one and not declared beside it. */
function hasConfusableName(
  object: JsonObject,
  wanted: string,
  isDeclaredBeside: (name: string) => boolean,
): boolean {
  if (object.size > MAX_COMPARED_NAMES) return true;
  for (const name of object.keys()) {
    if (isConfusableWith(name, wanted) && !isDeclaredBeside(name)) return true;
  }
  return false;
}

function isDeclared(inputSchema: JsonObject | undefined, path: ArgumentPath): boolean {
  return inputSchema !== undefined && findArgument(inputSchema, path).kind === "present";
}

function mayBeStructure(text: string): boolean {
  return /^[ \t\n\r]*[[{]/.test(text);
}
