/** Refuses parts of a schema that are no schemas, and takes out `nullable`: the library would allow more than JSON Schema does. */

import { type CodeKeywordDefinition, type KeywordCxt, _ } from "ajv";

import { segmentsOf } from "./json-pointer.ts";

/** Keywords of which every member or element is a schema. */
export const SCHEMA_LISTS: readonly string[] = [
  "properties",
  "patternProperties",
  "dependentSchemas",
  "dependencies",
  "allOf",
  "anyOf",
  "oneOf",
  "prefixItems",
  "items",
];

/** Checks the keyword's operand when it is compiled. */
export function requireSchemas(keyword: string, definition: CodeKeywordDefinition): void {
  const { code } = definition;
  definition.code = (cxt, ruleType) => {
    // `items` is a schema itself, or in draft-07 a list of schemas.
    const operand: unknown = keyword === "items" && !Array.isArray(cxt.schema) ? [cxt.schema] : cxt.schema;
    const wrong = Object.values(Object(operand)).some((part) => !isSchema(part, keyword === "dependencies"));
    if (wrong) throw new Error(`"${keyword}" has a part that is no schema`);
    code(cxt, ruleType);
    if (keyword === "properties" && Object.hasOwn(Object(operand), PROTO)) applyToProto(cxt);
  };
}

/** Checks that a reference into the schema itself leads to a schema. */
export function requireReference(definition: CodeKeywordDefinition, root: unknown): void {
  const { code } = definition;
  definition.code = (cxt, ruleType) => {
    const target = targetOf(String(cxt.schema), root);
    if (target !== undefined && !isSchema(target, false)) throw new Error("a reference leads to no schema");
    code(cxt, ruleType);
  };
}

/** The part that a JSON pointer such as `#/$defs/a` leads to; undefined for any other reference. */
function targetOf(reference: string, root: unknown): unknown {
  if (!reference.startsWith("#/")) return undefined;
  return segmentsOf(decodeURIComponent(reference.slice(1))).reduce(
    (part: unknown, name) => Object(part)[name],
    root,
  );
}

const PROTO = "__proto__";

/** Applies the schema of the property `__proto__`, which the library passes over. */
function applyToProto(cxt: KeywordCxt): void {
  const { gen, data } = cxt;
  const valid = gen.let("valid", true);
  gen.if(_`${data}[${PROTO}] !== undefined`, () => {
    const isFitting = gen.name("valid");
    cxt.subschema({ keyword: "properties", schemaProp: PROTO, dataProp: PROTO }, isFitting);
    gen.assign(valid, isFitting);
  });
  cxt.ok(valid);
}

/** Keywords of which every member is a schema, under a name that its author chose. */
const SCHEMA_MAPS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "dependentSchemas",
  "dependencies",
  "$defs",
  "definitions",
]);

// Security: `nullable` is a keyword of OpenAPI, by which the library takes null for every type.
/** Takes `nullable` out of a schema, which it changes. A name `nullable` of a property stays. */
export function dropNullable(schema: unknown): void {
  if (typeof schema !== "object" || schema === null) return;
  if ("nullable" in schema && typeof schema.nullable !== "object") delete schema.nullable;
  for (const [keyword, operand] of Object.entries(schema)) {
    for (const part of SCHEMA_MAPS.has(keyword) ? Object.values(Object(operand)) : [operand])
      dropNullable(part);
  }
}

function isSchema(part: unknown, mayBeList: boolean): boolean {
  if (Array.isArray(part)) return mayBeList;
  return typeof part === "boolean" || (typeof part === "object" && part !== null);
}
