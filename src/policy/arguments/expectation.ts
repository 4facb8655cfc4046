/** The words for arguments that do not fit a schema: which argument, and what it must be. Never an argument's value. */

import type { ErrorObject } from "ajv";
import { isJsonArray, type Json } from "../../json/json.ts";
import { describeJson, shortenText } from "../../json/print-json.ts";
import { typeOfJson } from "../../mcp/input-schema.ts";
import { didYouMean } from "../schema/did-you-mean.ts";
import { listWords } from "../schema/schema.ts";
import { segmentsOf } from "./json-pointer.ts";
import { childAt, type PlainValue } from "./plain-value.ts";

/** The requirement that an argument does not meet. */
export interface Expectation {
  /** `args.items[0].amount`; `args` for the arguments as a whole. */
  readonly path: string;
  /** Completes the path to a sentence: `must be a number, got a string`. */
  readonly text: string;
}

/** A reading of the library's errors, which come innermost first. */
interface Reading {
  readonly json: Json;
  readonly schema: PlainValue;
}

/** Returns the expectation of a failed validation. */
export function expectationOf(
  errors: readonly ErrorObject[] | null | undefined,
  json: Json,
  schema: PlainValue,
): Expectation {
  const last = errors?.at(-1);
  if (!errors || last === undefined) return { path: "args", text: "must fit the tool's input schema" };
  const reading = { json, schema };
  return isAlternative(last) ? alternatives(errors.slice(0, -1), last, reading) : describe(last, reading);
}

function isAlternative({ keyword }: ErrorObject): boolean {
  return keyword === "anyOf" || keyword === "oneOf" || keyword === "if" || keyword === "contains";
}

/** Most alternatives that are named. */
const MAX_ALTERNATIVES = 4;

/** Names what each alternative expects of this value; else the fault that was found farthest inside. */
function alternatives(inner: readonly ErrorObject[], union: ErrorObject, reading: Reading): Expectation {
  const path = pathOf(union.instancePath, reading.json);
  const { passingSchemas } = paramsOf(union);
  if (Array.isArray(passingSchemas)) {
    return { path, text: "fits more than one of its alternatives, and must fit exactly one" };
  }
  const within = inner.filter(({ keyword, instancePath }) => {
    return keyword !== "anyOf" && keyword !== "oneOf" && instancePath.startsWith(union.instancePath);
  });
  if (union.keyword === "contains") return describe(union, reading);
  const types = within.filter(({ keyword }) => keyword === "type");
  if (types.length > 0 && types.length === within.length && isSamePlace(types, union)) {
    return { path, text: typeText(Array.from(new Set(types.flatMap(typesOf))), valueAt(union, reading)) };
  }
  const deepest = within.toSorted((one, other) => depthOf(other) - depthOf(one))[0];
  if (deepest !== undefined && (depthOf(deepest) > depthOf(union) || within.length === 1)) {
    return describe(deepest, reading);
  }
  const texts = Array.from(new Set(within.map((error) => describe(error, reading).text)));
  if (texts.length === 0 || texts.length > MAX_ALTERNATIVES) {
    return { path, text: "fits none of the alternatives of its schema" };
  }
  return { path, text: texts.join(", or ") };
}

function isSamePlace(errors: readonly ErrorObject[], { instancePath }: ErrorObject): boolean {
  return errors.every((error) => error.instancePath === instancePath);
}

function depthOf({ instancePath, keyword }: ErrorObject): number {
  return instancePath.split("/").length + (NAMING.has(keyword) ? 1 : 0);
}

/** Keywords whose error names a member of the value. */
const NAMING: ReadonlySet<string> = new Set(["required", "additionalProperties", "unevaluatedProperties"]);

function paramsOf({ params }: ErrorObject): Readonly<Record<string, unknown>> {
  return params;
}

function describe(error: ErrorObject, reading: Reading): Expectation {
  const { keyword, instancePath } = error;
  const { missingProperty, additionalProperty, unevaluatedProperty } = paramsOf(error);
  if (typeof missingProperty === "string") {
    const path = pathOf(instancePath, reading.json) + memberPath(missingProperty);
    return { path, text: keyword === "required" ? "is required" : "is required beside the others" };
  }
  const extra = additionalProperty ?? unevaluatedProperty;
  if (typeof extra === "string") {
    const path = pathOf(instancePath, reading.json) + memberPath(extra);
    return { path, text: `is no argument of this tool${didYouMean(extra, knownNames(error))}` };
  }
  return { path: pathOf(instancePath, reading.json), text: textOf(error, reading) };
}

function knownNames({ parentSchema }: ErrorObject): string[] {
  const properties: unknown = parentSchema?.["properties"];
  return Object.keys(Object(properties ?? {}));
}

function textOf(error: ErrorObject, reading: Reading): string {
  const { keyword } = error;
  if (keyword === "type") return typeText(typesOf(error), valueAt(error, reading));
  const operand = operandOf(error, reading);
  const make = TEXTS[keyword];
  return make === undefined ? `does not fit its schema (${shortenText(keyword)})` : make(operand);
}

/** Texts by keyword. An operand is the server's, as it was written. */
const TEXTS: Readonly<Record<string, (operand: Json) => string>> = {
  minimum: (operand) => `must be at least ${describeJson(operand)}`,
  maximum: (operand) => `must be at most ${describeJson(operand)}`,
  exclusiveMinimum: (operand) => `must be more than ${describeJson(operand)}`,
  exclusiveMaximum: (operand) => `must be less than ${describeJson(operand)}`,
  multipleOf: (operand) => `must be a multiple of ${describeJson(operand)}`,
  minLength: (operand) => `must have at least ${describeJson(operand)} characters`,
  maxLength: (operand) => `must have at most ${describeJson(operand)} characters`,
  minItems: (operand) => `must have at least ${describeJson(operand)} items`,
  maxItems: (operand) => `must have at most ${describeJson(operand)} items`,
  minProperties: (operand) => `must have at least ${describeJson(operand)} members`,
  maxProperties: (operand) => `must have at most ${describeJson(operand)} members`,
  uniqueItems: () => "must not have two equal items",
  pattern: (operand) => `must match the pattern ${describeJson(operand)}`,
  const: (operand) => `must be ${describeJson(operand)}`,
  enum: enumText,
  contains: () => "has too few or too many items of the kind that it must contain",
  not: () => "has a form that its schema excludes",
  items: () => "has too many items",
  additionalItems: () => "has too many items",
  unevaluatedItems: () => "has too many items",
  propertyNames: () => "has a member with a name that is not allowed",
  "false schema": () => "must be left out",
};

const MAX_VALUES = 12;

function enumText(operand: Json): string {
  const values = isJsonArray(operand) ? operand.map(describeJson) : [];
  const more = values.length - MAX_VALUES;
  const shown = more > 0 ? [...values.slice(0, MAX_VALUES), `one of ${more} more values`] : values;
  return `must be ${listWords(shown)}`;
}

function typeText(types: readonly string[], value: Json | undefined): string {
  const got = value === undefined ? "" : `, got ${withArticle(typeOfJson(value))}`;
  return `must be ${listWords(types.map(withArticle))}${got}`;
}

function withArticle(type: string): string {
  return type === "null" ? type : `${/^[aio]/.test(type) ? "an" : "a"} ${type}`;
}

function typesOf(error: ErrorObject): string[] {
  const { type } = paramsOf(error);
  return (Array.isArray(type) ? type : [type]).map(String);
}

/** The operand of the keyword as the server wrote it. */
function operandOf({ keyword, parentSchema }: ErrorObject, { schema }: Reading): Json {
  return childAt(schema.sourceOf(parentSchema), keyword) ?? null;
}

function valueAt({ instancePath }: ErrorObject, { json }: Reading): Json | undefined {
  return segmentsOf(instancePath).reduce((value: Json | undefined, name) => childAt(value, name), json);
}

/** Turns a JSON pointer into a path as conditions write it: `/items/0/a.b` is `args.items[0]["a.b"]`. */
function pathOf(pointer: string, json: Json): string {
  let path = "args";
  let value: Json | undefined = json;
  for (const name of segmentsOf(pointer)) {
    path += isJsonArray(value) ? `[${name}]` : memberPath(name);
    value = childAt(value, name);
  }
  return path;
}

function memberPath(name: string): string {
  return /^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(shortenText(name))}]`;
}
