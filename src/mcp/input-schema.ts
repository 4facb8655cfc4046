/** Looks up one argument in a tool's inputSchema: whether it exists, is required, and its types. */

import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../json/json.ts";
import { type ArgumentPath, EVERY_ITEM, type PathSegment } from "../json/path.ts";

export type JsonType = "null" | "boolean" | "string" | "number" | "array" | "object";

export type Argument =
  /** The schema does not decide whether the argument exists. */
  | { readonly kind: "open" }
  /** The schema has no such argument; `known` are the names that it has in that object. */
  | { readonly kind: "absent"; readonly known: readonly string[] }
  | {
      readonly kind: "present";
      /** Every valid call has the argument, and it is not null. */
      readonly isRequired: boolean;
      /** Absent when the schema allows any type. */
      readonly types?: ReadonlySet<JsonType>;
      /** The only valid values; absent when the schema does not list them. */
      readonly values?: readonly Json[];
      /** The schema's default; absent when there is none. */
      readonly fallback?: Json;
    };

/** Finds the argument at the path. Follows local references and every alternative; an unknown form is `open`. */
export function findArgument(root: JsonObject, path: ArgumentPath): Argument {
  let schemas: readonly Json[] = [root];
  let isRequired = true;
  for (const segment of path) {
    const step = stepInto(schemas, segment, root);
    if (step.kind !== "present") return step;
    isRequired &&= step.isRequired;
    schemas = step.schemas;
  }
  const types = unionOf(schemas.map((schema) => typesOf(schema, root)));
  const values = schemas.length === 1 ? valuesOf(schemas[0], root) : undefined;
  return {
    kind: "present",
    isRequired: isRequired && types?.has("null") !== true,
    ...(types !== undefined && { types }),
    ...(values !== undefined && { values }),
    ...fallbackOf(schemas),
  };
}

function isNumber(schema: JsonObject): boolean {
  return typeNames(schema.get("type"))?.has("number") === true;
}

/** The numbers that a schema allows. */
export interface NumberRange {
  /** Whether each is an integer. */
  readonly isInteger: boolean;
  readonly hasMinimum: boolean;
  readonly hasMaximum: boolean;
}

/** Returns the numbers that the argument at the path may be; unbounded when the schema does not have it. */
export function numberRange(root: JsonObject, path: ArgumentPath): NumberRange {
  let schemas: readonly Json[] = [root];
  for (const segment of path) {
    const step = stepInto(schemas, segment, root);
    schemas = step.kind === "present" ? step.schemas : [];
  }
  const all = schemas.map((schema) => subschemasOf(schema, root));
  const says = (test: (piece: JsonObject) => boolean): boolean =>
    all.length > 0 && all.every((pieces) => pieces.some(test));
  const numbers = all.flat().filter(isNumber);
  return {
    isInteger: numbers.length > 0 && numbers.every((piece) => piece.get("type") === "integer"),
    hasMinimum: says((piece) => piece.has("minimum") || piece.has("exclusiveMinimum")),
    hasMaximum: says((piece) => piece.has("maximum") || piece.has("exclusiveMaximum")),
  };
}

function fallbackOf([schema, ...others]: readonly Json[]): { fallback?: Json } {
  const fallback = isJsonObject(schema) ? schema.get("default") : undefined;
  return fallback === undefined || fallback === null || others.length > 0 ? {} : { fallback };
}

/** Returns the JSON Schema type of a value. */
export function typeOfJson(value: Json): JsonType {
  if (value === null) return "null";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "string") return "string";
  if (value instanceof JsonNumber) return "number";
  return isJsonArray(value) ? "array" : "object";
}

type Step =
  | Exclude<Argument, { kind: "present" }>
  | { readonly kind: "present"; readonly schemas: readonly Json[]; readonly isRequired: boolean };

function stepInto(schemas: readonly Json[], segment: PathSegment, root: JsonObject): Step {
  const pieces = schemas.flatMap((schema) => subschemasOf(schema, root));
  const objects = pieces.map((piece) => piece.get("properties")).filter(isJsonObject);
  const name = String(segment);
  const found = objects.map((properties) => properties.get(name)).filter((each) => each !== undefined);
  if (found.length > 0) {
    return {
      kind: "present",
      schemas: found,
      isRequired: schemas.every((schema) => requires(schema, name, root)),
    };
  }
  const items = segment === EVERY_ITEM || /^\d+$/.test(name) ? itemsOf(pieces) : [];
  if (items.length > 0) return { kind: "present", schemas: items, isRequired: false };
  const types = unionOf(schemas.map((schema) => typesOf(schema, root)));
  const hasMembers = types === undefined || types.has("object") || types.has("array");
  if (hasMembers && (objects.length === 0 || pieces.some(isOpen))) return { kind: "open" };
  return { kind: "absent", known: objects.flatMap((properties) => Array.from(properties.keys())) };
}

function isOpen(schema: JsonObject): boolean {
  const additional = schema.get("additionalProperties");
  return additional === true || isJsonObject(additional) || schema.has("patternProperties");
}

function itemsOf(pieces: readonly JsonObject[]): Json[] {
  return pieces.flatMap((piece) => {
    const items = piece.get("items");
    return items === undefined || isJsonArray(items) ? [] : [items];
  });
}

/** The schema with its reference and its `allOf`, `anyOf` and `oneOf`, deeply. Follows each schema once. */
function subschemasOf(schema: Json, root: JsonObject, seen: Set<Json> = new Set()): JsonObject[] {
  if (!isJsonObject(schema) || seen.has(schema)) return [];
  seen.add(schema);
  const parts = [
    resolveReference(schema, root),
    ...["allOf", "anyOf", "oneOf"].flatMap((key) => listOf(schema, key)),
  ];
  return [schema, ...parts.flatMap((part) => subschemasOf(part, root, seen))];
}

function listOf(schema: JsonObject, key: string): readonly Json[] {
  const list = schema.get(key);
  return isJsonArray(list) ? list : [];
}

/** The schema that a local `$ref` points to; null when there is none. */
function resolveReference(schema: JsonObject, root: JsonObject): Json {
  const reference = schema.get("$ref");
  if (typeof reference !== "string" || !reference.startsWith("#/")) return null;
  let target: Json | undefined = root;
  for (const segment of reference.slice(2).split("/")) {
    const name = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    target = isJsonObject(target) ? target.get(name) : undefined;
  }
  return target ?? null;
}

function requires(schema: Json, name: string, root: JsonObject, seen: Set<Json> = new Set()): boolean {
  if (!isJsonObject(schema) || seen.has(schema)) return false;
  seen.add(schema);
  const isNeeded = (part: Json): boolean => requires(part, name, root, seen);
  if (listOf(schema, "required").includes(name)) return true;
  if ([resolveReference(schema, root), ...listOf(schema, "allOf")].some(isNeeded)) return true;
  return ["anyOf", "oneOf"].some((key) => {
    const alternatives = listOf(schema, key);
    return alternatives.length > 0 && alternatives.every(isNeeded);
  });
}

type Types = ReadonlySet<JsonType> | undefined;

/** All types together; undefined when one schema allows any type. */
function unionOf(all: readonly Types[]): Types {
  const known = all.filter((types) => types !== undefined);
  if (known.length < all.length || known.length === 0) return undefined;
  return new Set(known.flatMap((types) => Array.from(types)));
}

/** Levels of alternatives inside alternatives; deeper ones count as unknown. */
const MAX_ALTERNATIVE_DEPTH = 8;

function typesOf(schema: Json, root: JsonObject, depth = 0): Types {
  if (!isJsonObject(schema) || depth > MAX_ALTERNATIVE_DEPTH) return undefined;
  const named = typeNames(schema.get("type"));
  if (named !== undefined) return named;
  const values = valuesOf(schema, root);
  if (values !== undefined) return new Set(values.map(typeOfJson));
  const inner = (part: Json): Types => typesOf(part, root, depth + 1);
  const alternatives = [...listOf(schema, "anyOf"), ...listOf(schema, "oneOf")];
  if (alternatives.length > 0) return unionOf(alternatives.map(inner));
  return [resolveReference(schema, root), ...listOf(schema, "allOf")]
    .map(inner)
    .find((types) => types !== undefined);
}

function typeNames(type: Json | undefined): Types {
  const names = isJsonArray(type) ? type : [type];
  const known = names.map((name) => TYPES.get(String(name))).filter((name) => name !== undefined);
  return known.length === names.length && known.length > 0 ? new Set(known) : undefined;
}

const TYPES: ReadonlyMap<string, JsonType> = new Map([
  ["null", "null"],
  ["boolean", "boolean"],
  ["string", "string"],
  ["number", "number"],
  ["integer", "number"],
  ["array", "array"],
  ["object", "object"],
]);

function valuesOf(schema: Json | undefined, root: JsonObject): readonly Json[] | undefined {
  if (!isJsonObject(schema)) return undefined;
  const target = resolveReference(schema, root);
  const piece = isJsonObject(target) ? target : schema;
  const constant = piece.get("const");
  if (constant !== undefined) return [constant];
  const values = piece.get("enum");
  return isJsonArray(values) ? values : undefined;
}
