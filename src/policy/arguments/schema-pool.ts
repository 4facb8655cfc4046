/** Keeps the validators of the schemas that were used last, so that each schema is compiled once. */

import type { JsonObject } from "../../json/json.ts";
import { type CompiledSchema, compileSchema } from "./compile-schema.ts";

/** Validators kept, and values in their schemas together: a value takes some 0.7 KB. */
const MAX_VALIDATORS = 1_000;
const MAX_VALUES = 100_000;

const validators = new Map<JsonObject, CompiledSchema>();
let values = 0;

/** Returns the validator of a schema. Schemas are compared by identity: a list that is read again brings new ones. */
export function validatorOf(schema: JsonObject): CompiledSchema {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const compiled = compileSchema(schema);
  validators.set(schema, compiled);
  values += sizeOf(compiled);
  for (const [oldest, validator] of validators) {
    if (validators.size <= MAX_VALIDATORS && values <= MAX_VALUES) break;
    validators.delete(oldest);
    values -= sizeOf(validator);
  }
  return compiled;
}

function sizeOf(compiled: CompiledSchema): number {
  return compiled.ok ? compiled.size : 1;
}
