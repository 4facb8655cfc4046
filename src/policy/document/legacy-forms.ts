/** Translates other published forms to the normal form: bare fragments, short rates, Intercept's rules. */

import { translateRules } from "./intercept.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../json/json.ts";
import type { DocumentPath } from "../schema/document-path.ts";
import { translateRate } from "./short-rate.ts";
import { reportUnexpected } from "../schema/schema.ts";

export interface NormalizedDocument {
  readonly json: Json;
  /** Notes for the author about the interpretation of the document. */
  readonly notes: readonly string[];
}

const FRAGMENT_NOTE =
  'read as a bare fragment: tools that it does not name are allowed; write "version", "default" and "tools" to decide';
const INTERCEPT_NOTE = 'read as an Intercept policy without "default", which means allow there';

/** Translates a document to its normal form; returns a document in normal form unchanged. */
export function normalizeDocument(json: Json, place: DocumentPath): NormalizedDocument {
  if (!isJsonObject(json)) return { json, notes: [] };
  if (isFragment(json)) return { json: wrapFragment(json, place), notes: [FRAGMENT_NOTE] };
  const tools = json.get("tools");
  if (!isJsonObject(tools) || !hasLegacyForm(tools)) return { json, notes: [] };
  const normal = withTools(json, tools, place.at("tools"));
  if (json.has("default") || !isIntercept(tools)) return { json: normal, notes: [] };
  return { json: new Map([...normal, ["default", "allow"]]), notes: [INTERCEPT_NOTE] };
}

/** Keys of a document; a fragment has none of them. */
const DOCUMENT_KEYS = [
  "version",
  "default",
  "hide",
  "all_tools",
  "tools",
  "categories",
  "methods",
  "mode",
  "strict",
];

function isFragment(json: JsonObject): boolean {
  if (json.size === 0 || DOCUMENT_KEYS.some((key) => json.has(key))) return false;
  return Array.from(json.values()).every(isJsonObject);
}

function wrapFragment(tools: JsonObject, place: DocumentPath): JsonObject {
  const document = new Map<string, Json>([
    ["version", "1"],
    ["default", "allow"],
  ]);
  return withTools(document, tools, place);
}

function hasLegacyForm(tools: JsonObject): boolean {
  if (tools.has("*")) return true;
  for (const entry of tools.values()) {
    if (isJsonObject(entry) && LEGACY_KEYS.some((key) => entry.has(key))) return true;
  }
  return false;
}

const LEGACY_KEYS = ["rules", "rate_limit", "max_in_flight"];

function isIntercept(tools: JsonObject): boolean {
  return Array.from(tools.values()).some((entry) => isJsonObject(entry) && entry.has("rules"));
}

/** Puts the translated tools into the document, and the entry `"*"` into `all_tools`. */
function withTools(document: JsonObject, tools: JsonObject, place: DocumentPath): JsonObject {
  const normal = new Map(document);
  const named = new Map<string, Json>();
  for (const [name, entry] of tools) {
    const translated = translateEntry(name, entry, place.at(name));
    if (name !== "*") named.set(name, translated);
    else normal.set("all_tools", mergeRules(document.get("all_tools"), translated));
  }
  normal.set("tools", named);
  return normal;
}

function translateEntry(name: string, entry: Json, place: DocumentPath): Json {
  if (!isJsonObject(entry)) {
    // The reader checks other entries, but an entry `*` is merged and would lose its problem.
    if (name === "*") reportUnexpected(place, "an object", entry);
    return entry;
  }
  let translated: JsonObject = entry;
  const rate = entry.get("rate_limit");
  if (rate !== undefined) {
    translated = mergeRules(without(translated, "rate_limit"), translateRate(rate, place.at("rate_limit")));
  }
  const inFlight = translated.get("max_in_flight");
  if (inFlight !== undefined) {
    translated = mergeRules(without(translated, "max_in_flight"), new Map([["concurrent", inFlight]]));
  }
  const rules = entry.get("rules");
  if (rules !== undefined) {
    translated = mergeRules(without(translated, "rules"), translateRules(name, rules, place.at("rules")));
  }
  return translated === entry ? entry : place.markOrigin(translated);
}

function without(entry: JsonObject, key: string): JsonObject {
  return new Map(Array.from(entry).filter(([name]) => name !== key));
}

const LISTS = ["require", "deny_if", "limits"];

/** Merges two entries: joins their lists, those of `before` first, and takes any other key of `added`. */
function mergeRules(before: Json | undefined, added: Json): JsonObject {
  const merged = new Map(isJsonObject(before) ? before : []);
  for (const [key, value] of isJsonObject(added) ? added : []) {
    const present = merged.get(key);
    const isBoth = LISTS.includes(key) && isJsonArray(present) && isJsonArray(value);
    merged.set(key, isBoth ? [...present, ...value] : value);
  }
  return merged;
}
