/** Values that a server makes of arguments without changing their type in JSON: integers of fractions, and something of null. */

import { isInteger } from "../json/compare-numbers.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../json/json.ts";
import { type ArgumentPath, childOf, EVERY_ITEM, WRONG_CONTAINER } from "../json/path.ts";
import { findArgument, type JsonType, numberRange } from "../mcp/input-schema.ts";
import type { Operator } from "./operator.ts";

/** The arguments as a server may read them, and why they are other ones than the policy's. */
export interface OtherReading {
  readonly args: JsonObject;
  readonly cause: "type" | "precision";
}

/** The parts of a condition that decide which readings matter. */
interface Reader {
  readonly segments: ArgumentPath;
  readonly operator: Operator;
  readonly value: Json;
}

/** These compare with given values, so a fraction is as good as unequal to every integer. The others are bounds. */
const EQUALITY: ReadonlySet<Operator> = new Set(["eq", "neq", "in", "not_in", "contains"]);
const BOUNDS: ReadonlySet<Operator> = new Set(["lt", "lte", "gt", "gte"]);

// Security: getters of mcp-go and Jackson cut 0.4 to 0, and zod's coerce makes 0 of null.
/** Returns the arguments with other values at the path: none where its value leaves a server nothing to convert. */
export function otherReadings(
  reader: Reader,
  args: JsonObject,
  inputSchema?: JsonObject,
): readonly OtherReading[] {
  const { segments } = reader;
  const found = valuesAt(args, segments, 0);
  const readings: OtherReading[] = [];
  const add = (cause: OtherReading["cause"], convert: (value: Json) => Json): void => {
    // The copy of an object is an object.
    const converted = replaced({ value: args, depth: 0 }, segments, convert) as JsonObject;
    readings.push({ args: converted, cause });
  };
  if (found.includes(null)) {
    for (const empty of emptyValues(segments, inputSchema)) add("type", (value) => value ?? empty);
  }
  if (areFractionsCut(reader, inputSchema) && found.some(hasFraction)) {
    for (const round of [Math.floor, Math.ceil]) add("precision", (value) => rounded(value, round));
  }
  return readings;
}

/**
 * Whether a condition's result for another reading differs from its result as written; each is a boolean, or a word where
 * there is none. A fraction stays a number in every reading: where only one of the two can be evaluated, they differ.
 */
export function isOtherResult({ cause }: OtherReading, written: unknown, other: unknown): boolean {
  return cause === "precision" ? other !== written : other === (written !== true);
}

/**
 * An operand with a fraction was written for a server that reads fractions. So were bounds on a number that is not
 * declared as an integer: `amount gt 0` takes 0.5.
 */
function areFractionsCut(
  { segments, operator, value }: Reader,
  inputSchema: JsonObject | undefined,
): boolean {
  if (hasFraction(value)) return false;
  if (EQUALITY.has(operator)) return true;
  return BOUNDS.has(operator) && inputSchema !== undefined && numberRange(inputSchema, segments).isInteger;
}

/** Without a text: servers make several of null, and a rule that allows or denies one of them does so by its name. */
const EMPTY: ReadonlyMap<JsonType, Json> = new Map<JsonType, Json>([
  ["number", new JsonNumber("0")],
  ["boolean", false],
  ["array", []],
]);

/** The values that servers make of null, by the declared types; none where the schema lets the argument be null. */
function emptyValues(path: ArgumentPath, inputSchema: JsonObject | undefined): readonly Json[] {
  const argument = inputSchema && findArgument(inputSchema, path);
  const types = argument?.kind === "present" ? argument.types : undefined;
  if (types?.has("null") === true) return [];
  return Array.from(EMPTY)
    .filter(([type]) => types?.has(type) !== false)
    .map(([, empty]) => empty);
}

/** The values at the path, null included: several where it has `[*]`. */
function valuesAt(value: Json, path: ArgumentPath, depth: number): readonly Json[] {
  const segment = path[depth];
  if (segment === undefined) return [value];
  if (segment === EVERY_ITEM) {
    return isJsonArray(value) ? value.flatMap((item) => valuesAt(item, path, depth + 1)) : [];
  }
  const child = childOf(value, segment);
  return child === undefined || child === WRONG_CONTAINER ? [] : valuesAt(child, path, depth + 1);
}

/** A value on the path, and the number of segments before it. */
interface Reached {
  readonly value: Json;
  readonly depth: number;
}

/** A copy of the value with the values at the path converted. */
function replaced({ value, depth }: Reached, path: ArgumentPath, convert: (value: Json) => Json): Json {
  const segment = path[depth];
  if (segment === undefined) return convert(value);
  const below = (child: Json): Json => replaced({ value: child, depth: depth + 1 }, path, convert);
  if (isJsonArray(value)) {
    return value.map((item, index) => (isAt(segment, index) ? below(item) : item));
  }
  if (!isJsonObject(value)) return value;
  return new Map(Array.from(value, ([name, member]) => [name, name === segment ? below(member) : member]));
}

function isAt(segment: ArgumentPath[number], index: number): boolean {
  return segment === EVERY_ITEM || String(segment) === String(index);
}

function hasFraction(value: Json): boolean {
  if (value instanceof JsonNumber) return !isInteger(value);
  if (isJsonArray(value)) return value.some(hasFraction);
  return isJsonObject(value) && Array.from(value.values()).some(hasFraction);
}

/** With each fraction in it rounded. */
function rounded(value: Json, round: (double: number) => number): Json {
  if (value instanceof JsonNumber) {
    return isInteger(value) ? value : new JsonNumber(String(round(Number(value.token))));
  }
  if (isJsonArray(value)) return value.map((item) => rounded(item, round));
  if (!isJsonObject(value)) return value;
  return new Map(Array.from(value, ([name, member]) => [name, rounded(member, round)]));
}
