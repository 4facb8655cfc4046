/** How a server may find another argument at a path than the policy does. */

import { findArgument } from "../mcp/input-schema.ts";
import { isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import { isConfusableWith } from "../json/confusable-names.ts";
import { childOf, type ArgumentPath } from "../json/path.ts";

/** `look_alike`: a name that could be taken for one on the path. `type`: a text on the path that may be read as JSON. */
export type ArgumentAmbiguity = "look_alike" | "type";

/** More names in one object are not compared, and count as one that is alike. */
const MAX_COMPARED_NAMES = 10_000;

// Security: Go's encoding/json takes `Amount` for `amount`, and Python servers read `"{...}"` where an object is due.
/**
 * Why nobody can tell what the server will find at the path; undefined when it can only be what stands there.
 * Names that the tool's `inputSchema` declares beside each other are told apart by the server.
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

/** Whether `object` has a name that could be taken for the wanted one, and is not declared beside it. */
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
