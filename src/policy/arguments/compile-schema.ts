/** Compiles an inputSchema with the validator library ajv, in JSON Schema draft 2020-12 or draft-07. See docs/decisions/0084. */

import { Ajv, type AnySchemaObject, type CodeKeywordDefinition, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type Json, type JsonObject } from "../../json/json.ts";
import { printJson } from "../../json/print-json.ts";
import { boundedPattern } from "./bounded-pattern.ts";
import { beginSubject, EXACT_KEYWORDS, makeExact } from "./exact-keywords.ts";
import { type Expectation, expectationOf } from "./expectation.ts";
import { PlainValue } from "./plain-value.ts";
import { dropNullable, requireReference, requireSchemas, SCHEMA_LISTS } from "./schema-shape.ts";
import { BOUNDED_KEYWORDS, beginWork, boundKeyword, sizeOf } from "./work-bound.ts";

export type CompiledSchema =
  | {
      readonly ok: true;
      /** Values in the schema. */
      readonly size: number;
      /**
       * Returns the requirement that the value does not meet; undefined when it fits.
       * @throws {UncheckedError} when the validation would take too long
       */
      readonly check: (value: Json) => Expectation | undefined;
    }
  /** `problem` completes "the schema ...". */
  | { readonly ok: false; readonly problem: string };

/** Longest schema, in characters, and most values in one. */
const MAX_SCHEMA_LENGTH = 128 * 1024;
const MAX_SCHEMA_VALUES = 4_000;

/** Compiles a schema. Never throws: the server chose the schema. */
export function compileSchema(schema: JsonObject): CompiledSchema {
  const dialect = dialectOf(schema.get("$schema"));
  if (dialect === undefined) return unusable("is in another dialect than draft 2020-12 and draft-07");
  try {
    const text = printJson(schema);
    const written = new PlainValue(schema);
    const size = sizeOf(written.plain);
    if (text.length > MAX_SCHEMA_LENGTH || size > MAX_SCHEMA_VALUES) return unusable("is too large");
    // Security: an asynchronous validator returns a promise, which is no result.
    if (schema.has("$async")) return unusable("is asynchronous");
    return compileWritten(dialect, { written, size, hasMeta: text.includes(META_SCHEMAS) });
  } catch (error) {
    return unusable(`cannot be compiled: ${reasonOf(error)}`);
  }
}

const META_SCHEMAS = "json-schema.org/draft";

function unusable(problem: string): CompiledSchema {
  return { ok: false, problem };
}

const MAX_REASON = 120;

function reasonOf(error: unknown): string {
  return String(error).slice(0, MAX_REASON);
}

type Dialect = typeof Ajv | typeof Ajv2020;

/** Without `$schema` a schema is of draft 2020-12, as MCP has it. */
function dialectOf(named: Json | undefined): Dialect | undefined {
  if (named === undefined) return Ajv2020;
  if (typeof named !== "string") return undefined;
  return DIALECTS.get(named.replace(/^https?:\/\//, "").replace(/#$/, ""));
}

const DIALECTS: ReadonlyMap<string, Dialect> = new Map<string, Dialect>([
  ["json-schema.org/draft/2020-12/schema", Ajv2020],
  ["json-schema.org/draft-07/schema", Ajv],
]);

interface Written {
  readonly written: PlainValue;
  readonly size: number;
  readonly hasMeta: boolean;
}

function compileWritten(Dialect: Dialect, { written, size, hasMeta }: Written): CompiledSchema {
  // One instance for each schema: an instance keeps all that it ever compiled.
  dropNullable(written.plain);
  const ajv = new Dialect({ ...OPTIONS, meta: hasMeta });
  ajv.removeKeyword("id");
  for (const keyword of SCHEMA_LISTS)
    adapt(ajv, keyword, (definition) => requireSchemas(keyword, definition));
  adapt(ajv, "$ref", (definition) => requireReference(definition, written.plain));
  for (const [keyword, test] of EXACT_KEYWORDS) adapt(ajv, keyword, (own) => makeExact(test, own, written));
  for (const keyword of BOUNDED_KEYWORDS) adapt(ajv, keyword, (own) => boundKeyword(keyword, own, size));
  const validate = ajv.compile(written.plain as AnySchemaObject);
  return {
    ok: true,
    size,
    check: (json) => {
      const value = new PlainValue(json);
      beginWork();
      beginSubject(value);
      return validate(value.plain) === true ? undefined : expectationOf(validate.errors, json, written);
    },
  };
}

const OPTIONS: Options = {
  strict: false,
  validateSchema: false,
  validateFormats: false,
  // Security: an inlined reference copies its schema, so that a small schema could become large code.
  inlineRefs: false,
  logger: false,
  messages: false,
  verbose: true,
  code: {
    regExp: Object.assign(boundedPattern, { code: "boundedPattern" }), // The optimizer takes time that grows with the square of the schema.
    optimize: false,
  },
};

function adapt(ajv: Ajv, keyword: string, change: (definition: CodeKeywordDefinition) => void): void {
  const definition = ajv.getKeyword(keyword);
  if (typeof definition === "object" && "code" in definition) change(definition);
}
