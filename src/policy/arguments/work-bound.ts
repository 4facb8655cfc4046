/** Bounds the work of one validation: a schema with references can ask for exponential work, and both sides are chosen by others. */

import { type Code, type CodeKeywordDefinition, type KeywordCxt, _ } from "ajv";
import { UncheckedError } from "./unchecked.ts";

/** Subschemas applied in one validation: some 50 ms. */
const MAX_STEPS = 5_000_000;
/** Characters that count as one step where a string is measured. */
const CHARACTERS_PER_STEP = 32;

let stepsLeft = 0;

/** Begins the bound of one validation, which is synchronous. */
export function beginWork(): void {
  stepsLeft = MAX_STEPS;
}

/** @throws {UncheckedError} when the validation takes too long */
export function spend(steps: number): void {
  stepsLeft -= steps;
  if (stepsLeft < 0) throw new UncheckedError("are too large for the tool's input schema to be checked");
}

/** The parts of a value that a keyword goes through, or the schema that it applies again. */
type Extent = "elements" | "members" | "characters" | "reference";

/** Keywords that repeat work for each part of a value. Security: a keyword of ajv that loops must be listed here. */
const EXTENTS: Readonly<Record<string, Extent>> = {
  items: "elements",
  additionalItems: "elements",
  contains: "elements",
  unevaluatedItems: "elements",
  additionalProperties: "members",
  patternProperties: "members",
  propertyNames: "members",
  unevaluatedProperties: "members",
  minProperties: "members",
  maxProperties: "members",
  minLength: "characters",
  maxLength: "characters",
  $ref: "reference",
  $dynamicRef: "reference",
};

export const BOUNDED_KEYWORDS: readonly string[] = Object.keys(EXTENTS);

/** Adds the count of the keyword's work before its own code. `schemaSteps` is the size of the whole schema. */
export function boundKeyword(keyword: string, definition: CodeKeywordDefinition, schemaSteps: number): void {
  const { code } = definition;
  const extent = EXTENTS[keyword];
  definition.code = (cxt, ruleType) => {
    cxt.gen.code(spendCode(cxt, extent, schemaSteps));
    code(cxt, ruleType);
  };
}

function spendCode({ gen, data, schema }: KeywordCxt, extent: Extent | undefined, schemaSteps: number): Code {
  const spending = gen.scopeValue("func", { ref: spend });
  switch (extent) {
    case "elements":
      return _`${spending}(${data}.length * ${sizeOf(schema)})`;
    case "members": {
      const counting = gen.scopeValue("func", { ref: countMembers });
      return _`${spending}(${counting}(${data}) * ${sizeOf(schema)})`;
    }
    case "characters":
      return _`${spending}(${data}.length / ${CHARACTERS_PER_STEP})`;
    default:
      return _`${spending}(${schemaSteps})`;
  }
}

function countMembers(object: object): number {
  return Object.keys(object).length;
}

/** Number of values in a schema. */
export function sizeOf(schema: unknown): number {
  if (typeof schema !== "object" || schema === null) return 1;
  return Object.values(schema).reduce((sum: number, value) => sum + sizeOf(value), 1);
}
