/** Measures of an argument: its value, its length, its bytes, or a part of the URL that it is. */

import { isJsonArray, isJsonObject, type Json, JsonNumber } from "../json/json.ts";
import { printJson } from "../json/print-json.ts";
import { URL_PARTS, type UrlPart, urlPart } from "./guards/url-part.ts";

export const MEASURES = ["value", "length", "bytes"] as const;
export type Measure = (typeof MEASURES)[number];

/** The measures that a condition may take; a limit counts none of the parts of a URL. */
export const CONDITION_MEASURES = [...MEASURES, ...URL_PARTS] as const;
export type ConditionMeasure = (typeof CONDITION_MEASURES)[number];

/** Whether the measure is a part of a URL. */
export function isUrlPart(of: ConditionMeasure): of is UrlPart {
  return of === "scheme" || of === "host" || of === "port" || of === "path";
}

/**
 * Measures a value; undefined when this type has no such measure.
 * `length` counts the code points of a string, the items of a list, the names of an object. `bytes` is the UTF-8
 * length of a string, and of anything else the length of its minified JSON.
 */
export function measure(value: Json, of: ConditionMeasure): Json | undefined {
  switch (of) {
    case "value":
      return value;
    case "length":
      return lengthOf(value);
    case "bytes":
      return countOf(utf8Length(typeof value === "string" ? value : printJson(value)));
    case "scheme":
    case "host":
    case "port":
    case "path":
      return typeof value === "string" ? urlPart(value, of) : undefined;
  }
}

function lengthOf(value: Json): Json | undefined {
  if (typeof value === "string") return countOf(codePoints(value));
  if (isJsonArray(value)) return countOf(value.length);
  return isJsonObject(value) ? countOf(value.size) : undefined;
}

function countOf(count: number): JsonNumber {
  return new JsonNumber(String(count));
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Length in UTF-8 of a string without lone surrogates, which no condition looks at. Each half of a pair counts 2 bytes. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) bytes += 1;
    else bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes;
}
