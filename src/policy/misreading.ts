/** How a server may find another argument at a path than the policy does. */

import { findArgument } from "./input-schema.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { foldsOnto } from "./look-alike.ts";
import { childOf, type Path } from "./path.ts";

/** `look_alike`: a name that could be taken for one on the path. `type`: a text on the path that may be read as JSON. */
export type Misreading = "look_alike" | "type";

/** More names in one object are not compared, and count as one that is alike. */
const MAX_COMPARED_NAMES = 10_000;

// Security: Go's encoding/json takes `Amount` for `amount`, and Python servers read `"{...}"` where an object is due.
/**
 * Why nobody can tell what the server will find at the path; undefined when it can only be what stands there.
 * Names that the tool's `inputSchema` declares beside each other are told apart by the server.
 */
export function misreading(args: JsonObject, path: Path, inputSchema?: JsonObject): Misreading | undefined {
  let value: Json | undefined = args;
  for (const [depth, segment] of path.entries()) {
    if (typeof value === "string") return mayBeStructure(value) ? "type" : undefined;
    const parent = path.slice(0, depth);
    if (isJsonObject(value) && hasLookAlike(value, segment, declaredBeside(inputSchema, parent, segment))) {
      return "look_alike";
    }
    value = childOf(value, segment);
    if (value === undefined) return undefined;
  }
  return undefined;
}

function hasLookAlike(object: JsonObject, wanted: string, isDeclared: (name: string) => boolean): boolean {
  if (object.size > MAX_COMPARED_NAMES) return true;
  for (const name of object.keys()) {
    if (foldsOnto(name, wanted) && !isDeclared(name)) return true;
  }
  return false;
}

function declaredBeside(
  inputSchema: JsonObject | undefined,
  parent: Path,
  wanted: string,
): (name: string) => boolean {
  const isPresent = (name: string): boolean =>
    inputSchema !== undefined && findArgument(inputSchema, [...parent, name]).kind === "present";
  return (name) => isPresent(wanted) && isPresent(name);
}

function mayBeStructure(text: string): boolean {
  return /^[ \t\n\r]*[[{]/.test(text);
}
