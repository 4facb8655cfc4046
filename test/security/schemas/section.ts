/** The check of arguments against the official JSON Schema test suite, beside the validator library on its own. */

import { Ajv, type AnySchemaObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { compileSchema } from "../../../src/policy/arguments/compile-schema.ts";
import { type Json, type JsonObject } from "../../../src/json/json.ts";
import { printJson } from "../../../src/json/print-json.ts";
import type { Figure, Section } from "../figure.ts";
import { requiredCases } from "./official-suite.ts";

interface Draft {
  readonly folder: string;
  readonly uri: string;
  readonly Library: typeof Ajv | typeof Ajv2020;
  readonly leastCases: number;
}

const DRAFTS: readonly Draft[] = [
  {
    folder: "draft2020-12",
    uri: "https://json-schema.org/draft/2020-12/schema",
    Library: Ajv2020,
    leastCases: 1_200,
  },
  { folder: "draft7", uri: "http://json-schema.org/draft-07/schema#", Library: Ajv, leastCases: 850 },
];

export const SCHEMAS: Section = {
  name: "schemas",
  run: ({ toolchain }) => Promise.resolve(DRAFTS.map((draft) => figureOf(draft, toolchain.python))),
};

function figureOf(draft: Draft, python: string): Figure {
  const cases = requiredCases(python, draft.folder);
  const checks = new Map(cases.map(({ schema }) => [schema, checksOf(schema, draft)]));
  const ours = cases.map(({ schema, data, isValid }) => checks.get(schema)?.ours(data) === isValid);
  const alone = cases.map(({ schema, data, isValid }) => checks.get(schema)?.library(data) === isValid);
  const lost = cases.filter((_each, at) => alone[at] === true && ours[at] === false);
  const [ourCount, libraryCount] = [ours, alone].map((right) => right.filter(Boolean).length);
  return {
    name: `JSON Schema ${draft.folder}, required cases through the check of arguments`,
    figure: `${ourCount} of ${cases.length} right, ajv alone ${libraryCount}`,
    bar: "no case that ajv alone has right is wrong",
    isMet: lost.length === 0 && cases.length >= draft.leastCases,
    details: lost.map(({ name }) => name),
  };
}

/** Whether a value fits; undefined when the schema cannot be used. */
type Check = (data: Json) => unknown;

function checksOf(
  schema: JsonObject,
  { uri, Library }: Draft,
): { readonly ours: Check; readonly library: Check } {
  const compiled = compileSchema(withDialect(schema, uri));
  return {
    ours: orUndefined((data) => (compiled.ok ? compiled.check(data) === undefined : undefined)),
    library: libraryCheck(schema, Library),
  };
}

function libraryCheck(schema: JsonObject, Library: Draft["Library"]): Check {
  try {
    const ajv = new Library({ strict: false, logger: false, validateFormats: false });
    const validate = ajv.compile(plain(schema) as AnySchemaObject);
    return orUndefined((data) => validate(plain(data)));
  } catch {
    return () => undefined;
  }
}

function orUndefined(check: Check): Check {
  return (data) => {
    try {
      return check(data);
    } catch {
      return undefined;
    }
  };
}

function withDialect(schema: JsonObject, uri: string): JsonObject {
  return schema.has("$schema") ? schema : new Map<string, Json>([["$schema", uri], ...schema]);
}

function plain(json: Json): unknown {
  return JSON.parse(printJson(json));
}
