/** The short form of a limit: `{ "max": 10, "window": 60 }` in seconds, or `"30/hour"`. */

import { isJsonObject, type Json, JsonNumber, type JsonObject } from "../../json/json.ts";
import { describeJson } from "../../json/print-json.ts";
import type { DocumentPath } from "../schema/document-path.ts";
import { reportUnexpected } from "../schema/schema.ts";

/** Translates an entry's `rate_limit` to `limits`; returns an empty object after reporting a problem. */
export function translateRate(rate: Json, place: DocumentPath): JsonObject {
  const limit = isJsonObject(rate) ? limitOfObject(rate, place) : limitOfText(rate, place);
  return new Map(limit && [["limits", [limit]]]);
}

function limitOfObject(rate: JsonObject, place: DocumentPath): JsonObject {
  return place.markOrigin(new Map<string, Json>([["counter", "calls"], ...rate]));
}

/** Translates `30/hour`, Intercept's form, to a limit; undefined after reporting a problem. */
export function limitOfText(rate: Json, place: DocumentPath): JsonObject | undefined {
  const [, max, window] = (typeof rate === "string" && /^\s*(\d{1,15})\s*\/\s*(\w+)\s*$/.exec(rate)) || [];
  if (max === undefined || window === undefined) {
    return reportUnexpected(place, 'a rate such as "30/hour" or { "max": 30, "window": 3600 }', rate);
  }
  if (Number(max) < 1) return place.report(`must allow at least 1 call, got ${describeJson(rate)}`);
  return place.markOrigin(
    new Map<string, Json>([
      ["counter", "calls"],
      ["window", window],
      ["max", new JsonNumber(String(Number(max)))],
    ]),
  );
}
