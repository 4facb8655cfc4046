/** Detects arguments that a server may read differently from the policy. */

import { findArgument } from "../mcp/input-schema.ts";
import type { Operator, ValueTest } from "./operator.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import { isConfusableWith } from "../json/confusable-names.ts";
import { childOf, type ArgumentPath, EVERY_ITEM, WRONG_CONTAINER } from "../json/path.ts";

/**
 * `look_alike`: an object on the path has a confusable name. `type`: a string at the path may be parsed as JSON, or null
 * be read as an empty value. `precision`: a fraction at the path may be cut to an integer.
 */
export type ArgumentAmbiguity = "look_alike" | "type" | "precision";

/** Most names in one object; an object with more counts as ambiguous without a comparison. */
const MAX_COMPARED_NAMES = 10_000;

// Security: Go's encoding/json reads `Amount` as `amount`.
/**
 * Returns why the server may find another value at the path than the policy; undefined when it cannot.
 * The server tells apart names that the tool's `inputSchema` declares in one object.
 */
export function argumentAmbiguity(
  args: JsonObject,
  path: ArgumentPath,
  inputSchema?: JsonObject,
): ArgumentAmbiguity | undefined {
  return ambiguityBelow({ value: args, depth: 0 }, path, inputSchema);
}

/** A value on the path, and the number of segments before it. */
interface Reached {
  readonly value: Json;
  readonly depth: number;
}

function ambiguityBelow(
  { value, depth }: Reached,
  path: ArgumentPath,
  inputSchema: JsonObject | undefined,
): ArgumentAmbiguity | undefined {
  const segment = path[depth];
  if (segment === undefined) return undefined;
  const below = (child: Json): ArgumentAmbiguity | undefined =>
    ambiguityBelow({ value: child, depth: depth + 1 }, path, inputSchema);
  if (segment === EVERY_ITEM) {
    if (!isJsonArray(value)) return undefined;
    return value.map(below).find((ambiguity) => ambiguity !== undefined);
  }
  const isDeclaredBeside = (name: string): boolean =>
    [segment, name].every((one) => isDeclared(inputSchema, [...path.slice(0, depth), one]));
  if (isJsonObject(value) && hasConfusableName(value, String(segment), isDeclaredBeside)) return "look_alike";
  const child = childOf(value, segment);
  return child === undefined || child === WRONG_CONTAINER ? undefined : below(child);
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

// Security: Python servers parse `"[...]"` and `"null"` where the type that they declare is not a string alone.
/** Whether a server may read a string at the path as a list, an object or null; not when the schema declares strings alone. */
export function mayBeParsed(value: Json, path: ArgumentPath, inputSchema?: JsonObject): boolean {
  if (typeof value !== "string" || !(isStructureText(value) || isNullText(value))) return false;
  return !isStringAlone(path, inputSchema);
}

/** The parts of a condition that decide whether another reading of a text matters. */
interface Reader {
  readonly segments: ArgumentPath;
  readonly operator: Operator;
  readonly test: ValueTest;
}

/** Whether a server may read the text as another value, about which the condition says something else. */
export function mayBeOther(reader: Reader, text: string, inputSchema?: JsonObject): boolean {
  const { segments, operator } = reader;
  if (operator === "exists" || operator === "not_exists") return mayBeNull(text, segments, inputSchema);
  return mayBeParsed(text, segments, inputSchema) && !isNamed(reader, text);
}

/** Whether the policy names this very text. */
function isNamed({ operator, test }: Reader, text: string): boolean {
  if (operator === "eq" || operator === "in") return test(text) === true;
  return (operator === "neq" || operator === "not_in") && test(text) === false;
}

/** Whether a server may read a string at the path as null. */
function mayBeNull(value: string, path: ArgumentPath, inputSchema?: JsonObject): boolean {
  return isNullText(value) && !isStringAlone(path, inputSchema);
}

function isStringAlone(path: ArgumentPath, inputSchema: JsonObject | undefined): boolean {
  const argument = inputSchema && findArgument(inputSchema, path);
  if (argument?.kind !== "present" || argument.types === undefined) return false;
  return Array.from(argument.types).every((type) => type === "string");
}

/** Whether the text is JSON's null, perhaps between blanks. */
function isNullText(text: string): boolean {
  return text.trim() === "null";
}

/** Whether the text is JSON of a list or an object to a lenient parser: Python's reads `NaN`, and repeated names. */
function isStructureText(text: string): boolean {
  if (!/^\s*(?:\[|\{)/.test(text) || !/[\]}]\s*$/.test(text)) return false;
  try {
    JSON.parse(text.replace(/\bNaN\b|\bInfinity\b/g, "0"));
    return true;
  } catch {
    return false;
  }
}
