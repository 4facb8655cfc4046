/** Shapes of JSON values: one description gives the strict reader, its error messages and the JSON Schema. */

import { describeJson } from "../../json/print-json.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../json/json.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { DocumentPath } from "./document-path.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Shape<T> {
  /** Reads the value; undefined after reporting a problem at `place`. */
  readonly read: (json: Json, place: DocumentPath) => T | undefined;
  readonly schema: JsonSchema;
}

export interface Field<T> {
  readonly shape: Shape<T>;
  readonly isRequired: boolean;
}

/** The fields of an object by key. */
export type Fields<T> = { readonly [Key in keyof T]-?: Field<Exclude<T[Key], undefined>> };

/** An explanation for each key of an object, which editors show. */
export type KeyWords<T> = { readonly [Key in keyof T]-?: string };

/** A key that must exist. */
export function required<T>(shape: Shape<T>): Field<T> {
  return { shape, isRequired: true };
}

/** A key that may be absent. */
export function optional<T>(shape: Shape<T>): Field<T> {
  return { shape, isRequired: false };
}

/** Reports a value of another kind than expected: `must be a list, got "x"`. */
export function reportUnexpected(place: DocumentPath, expected: string, got: Json): undefined {
  return place.report(`must be ${expected}, got ${describeJson(got)}`);
}

/** A string, with `minLength` 1 not an empty one. */
export function string(minLength = 0): Shape<string> {
  const expected = minLength === 0 ? "a string" : "a string that is not empty";
  return {
    read: (json, place) => {
      return typeof json === "string" && json.length >= minLength
        ? json
        : reportUnexpected(place, expected, json);
    },
    schema: minLength === 0 ? { type: "string" } : { type: "string", minLength },
  };
}

/** True or false. */
export function boolean(): Shape<boolean> {
  return {
    read: (json, place) =>
      typeof json === "boolean" ? json : reportUnexpected(place, "true or false", json),
    schema: { type: "boolean" },
  };
}

/** Exactly one of the words, compared with letter case. */
export function oneOf<const Word extends string>(...words: readonly [Word, ...Word[]]): Shape<Word> {
  const expected = listWords(words.map((known) => JSON.stringify(known)));
  return {
    read: (json, place) => words.find((known) => known === json) ?? reportOther(place, expected, json, words),
    schema: words.length === 1 ? { const: words[0] } : { enum: words },
  };
}

/** One of the words, with an explanation for each, which editors show when they complete it. */
export function explained<const Word extends string>(
  words: readonly [Word, ...Word[]],
  meanings: Readonly<Record<Word, string>>,
): Shape<Word> {
  const { read, schema } = oneOf(...words);
  return { read, schema: { ...schema, enumDescriptions: words.map((word) => meanings[word]) } };
}

function reportOther(place: DocumentPath, expected: string, json: Json, words: readonly string[]): undefined {
  const suggestion = typeof json === "string" ? didYouMean(json, words) : "";
  return place.report(`must be ${expected}, got ${describeJson(json)}${suggestion}`);
}

/** Prints `a`, `a or b`, `a, b or c`. */
export function listWords(words: readonly string[], last: "and" | "or" = "or"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

/** A finite number in a range, which `isInRange` tests and `range` describes in the JSON Schema. */
export function number(
  expected: string,
  isInRange: (value: number) => boolean,
  range: JsonSchema,
): Shape<number> {
  return {
    read: (json, place) => {
      const value = json instanceof JsonNumber ? Number(json.token) : Number.NaN;
      return Number.isFinite(value) && isInRange(value) ? value : reportUnexpected(place, expected, json);
    },
    schema: { type: "number", ...range },
  };
}

/** Any JSON value. */
export function anyJson(): Shape<Json> {
  return { read: (json) => json, schema: {} };
}

/** An array; leaves out elements that could not be read. */
export function array<T>(item: Shape<T>): Shape<readonly T[]> {
  return {
    read: (json, place) => {
      if (!isJsonArray(json)) return reportUnexpected(place, "a list", json);
      const items = json.map((entry, index) => item.read(entry, place.at(index)));
      return items.filter((entry) => entry !== undefined);
    },
    schema: { type: "array", items: item.schema },
  };
}

/** An object with names of the author's choice, `__proto__` included, as a Map. `name` returns the fault of a name. */
export function record<T>(
  item: Shape<T>,
  name?: (name: string) => string | undefined,
): Shape<ReadonlyMap<string, T>> {
  return {
    read: (json, place) => {
      if (!isJsonObject(json)) return reportUnexpected(place, "an object", json);
      const items = new Map<string, T>();
      for (const [key, entry] of json) {
        const fault = name?.(key);
        if (fault !== undefined) place.at(key).report(fault);
        const value = item.read(entry, place.at(key));
        if (value !== undefined) items.set(key, value);
      }
      return items;
    },
    schema: { type: "object", additionalProperties: item.schema },
  };
}

/** An object with the keys of `fields`, and with `x-` keys, which are ignored. Reports any other key. `words` explain the keys. */
export function object<T extends object>(fields: Fields<T>, words?: KeyWords<T>): Shape<T> {
  const shape = objectFields(fields, new Map(Object.entries<string>(words ?? {})));
  return {
    read: (json, found) => {
      const place = found.originOf(json);
      if (!isJsonObject(json)) return reportUnexpected(place, "an object", json);
      const value: Partial<T> = {};
      let known = 0;
      let isSound = true;
      for (const key in fields) {
        const entry = json.get(key);
        if (entry === undefined) continue;
        known += 1;
        const read = fields[key].shape.read(entry, place.at(key));
        if (read === undefined) isSound = false;
        else value[key] = read;
      }
      if (known < json.size) reportUnknownKeys(json, shape.known, place);
      return isFilled(value, shape.required, json, place) && isSound ? value : undefined;
    },
    schema: shape.schema,
  };
}

/** The shape, followed by a check or a conversion. */
export function refine<T, R>(
  shape: Shape<T>,
  after: (value: T, place: DocumentPath, json: Json) => R | undefined,
): Shape<R> {
  return {
    read: (json, place) => {
      const value = shape.read(json, place);
      return value === undefined ? undefined : after(value, place.originOf(json), json);
    },
    schema: shape.schema,
  };
}

function objectFields<T>(
  fields: Fields<T>,
  words: ReadonlyMap<string, string>,
): { known: Set<string>; required: string[]; schema: JsonSchema } {
  const entries = Object.entries<Field<unknown>>(fields);
  const required = entries.filter(([, field]) => field.isRequired).map(([key]) => key);
  const schema = {
    type: "object",
    properties: Object.fromEntries(
      entries.map(([key, field]) => [key, withWords(field.shape.schema, words.get(key))]),
    ),
    patternProperties: { "^x-": {} },
    additionalProperties: false,
    ...(required.length > 0 && { required }),
  };
  return { known: new Set(entries.map(([key]) => key)), required, schema };
}

function withWords(schema: JsonSchema, description: string | undefined): JsonSchema {
  return description === undefined ? schema : { description, ...schema };
}

function reportUnknownKeys(json: JsonObject, known: ReadonlySet<string>, place: DocumentPath): void {
  for (const key of json.keys()) {
    if (known.has(key) || key.startsWith("x-")) continue;
    place.at(key).report(`is not a known key${didYouMean(key, known)}`);
  }
}

/** Whether every required key was read. Reports those that are absent. */
function isFilled<T>(
  value: Partial<T>,
  required: readonly string[],
  json: JsonObject,
  place: DocumentPath,
): value is T & Partial<T> {
  for (const key of required) if (!json.has(key)) place.at(key).report("is required");
  return required.every((key) => Object.hasOwn(value, key));
}
