/** Reads `category_by` of a tool's entry: the name of an argument, and the categories of its values. */

import type { CategoryByEntry } from "../category/category-by.ts";
import { CATEGORIES, type Category } from "../category/category.ts";
import { parseArgumentPath } from "../../json/path.ts";
import { isJsonObject, type Json } from "../../json/json.ts";
import { parseNamePattern } from "../names/pattern.ts";
import { undecidedName } from "../names/undecided-name.ts";
import { CATEGORY_BY_KEYS } from "../reference/key-words.ts";
import type { DocumentPath } from "../schema/document-path.ts";
import { oneOf, reportUnexpected, type Shape } from "../schema/schema.ts";

const CATEGORY: Shape<Category> = oneOf(...CATEGORIES);

/** Values that one entry may name. */
const MAX_VALUES = 200;

export const CATEGORY_BY: Shape<CategoryByEntry> = {
  read: (json, place) => {
    if (!isJsonObject(json))
      return reportUnexpected(place, 'an object with "arg" and categories by its values', json);
    const path = readArgument(json.get("arg"), place.at("arg"));
    const named = Array.from(json).filter(([name]) => name !== "arg");
    const values = new Map<string, Category>();
    for (const [name, value] of named) {
      const category = CATEGORY.read(value, place.at(name));
      if (category !== undefined) values.set(name, category);
    }
    if (named.length === 0 || named.length > MAX_VALUES)
      return place.report(`must name from 1 to ${MAX_VALUES} values, such as "delete*": "destructive"`);
    if (path === undefined || values.size < named.length || hasTie([...values.keys()], place))
      return undefined;
    return { ...path, values };
  },
  schema: {
    type: "object",
    properties: { arg: { type: "string", minLength: 1, description: CATEGORY_BY_KEYS.arg } },
    additionalProperties: CATEGORY.schema,
    required: ["arg"],
    minProperties: 2,
  },
};

/** `action` is the argument of that name, `args.batch.kind` a path. */
function readArgument(
  json: Json | undefined,
  place: DocumentPath,
): Pick<CategoryByEntry, "path" | "segments"> | undefined {
  if (json === undefined) return place.report("is required");
  const expected = "the name of an argument, or a path such as args.batch.kind";
  if (typeof json !== "string" || json === "") return reportUnexpected(place, expected, json);
  if (!/^args[.[]/.test(json)) return { path: `args.${json}`, segments: [json] };
  const segments = parseArgumentPath(json);
  return segments === undefined ? reportUnexpected(place, expected, json) : { path: json, segments };
}

/** Reports two patterns that are equally specific and match the same value. */
function hasTie(names: readonly string[], place: DocumentPath): boolean {
  const all = names.map(parseNamePattern);
  const patterns = all.filter(({ name }) => name === undefined);
  for (const [index, one] of patterns.entries()) {
    for (const other of patterns.slice(index + 1)) {
      if (one.literalLength !== other.literalLength) continue;
      const deciders = all.filter(
        ({ name, literalLength }) => name !== undefined || literalLength > one.literalLength,
      );
      const value = undecidedName(one, other, deciders);
      if (value === undefined) continue;
      place
        .at(other.text)
        .report(`is as specific as ${JSON.stringify(one.text)}, and both match \`${value}\``);
      return true;
    }
  }
  return false;
}
