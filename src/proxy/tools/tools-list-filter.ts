/** Reads a tools/list result and removes hidden tools from it. */

import { removeElements, setMember } from "../../json/edit-json.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";

/** Maximum `ttlMs` of a list from which tools were removed. */
const MAX_TTL_MS = 60_000;

/** Higher than for a client's message: the list is bounded in bytes already. */
export const LIST_BOUNDS = { maxDepth: 256, maxNodes: 4_000_000, maxKeys: 4_000_000 };

/** A parsed message that may carry a list of tools. */
export interface ReadList {
  /** Absent when the message is no list. */
  readonly tools?: readonly Json[];
  /** The result with the list and its cache hints; empty when the message has no result. */
  readonly result: JsonObject;
  /** The whole message, minified. */
  readonly minified: string;
}

const NO_RESULT: JsonObject = new Map();

/** Undefined when the message cannot be parsed strictly. */
export function readToolList(text: string): ReadList | undefined {
  const read = readJson(text, LIST_BOUNDS);
  if (!read.ok || !isJsonObject(read.value)) return undefined;
  const value = read.value.get("result");
  const result = isJsonObject(value) ? value : NO_RESULT;
  const tools = result.get("tools");
  return { result, minified: read.minified, ...(isJsonArray(tools) && { tools }) };
}

/** The message without hidden tools, with tighter cache hints; undefined when no tool is hidden, from no caller when it `isPersonal`. */
export function withoutHidden(
  { tools = [], result, minified }: ReadList,
  isHidden: (name: string) => boolean,
  isPersonal = false,
): string | undefined {
  const hidden = tools.map((tool) => isHidden(toolName(tool) ?? ""));
  // Security: a list with all tools must not be cached for callers that may not see them.
  if (!hidden.includes(true)) return isPersonal ? limitCaching(minified, result) : undefined;
  const filtered = removeElements(minified, ["result", "tools"], (index) => hidden[index] === true);
  return limitCaching(filtered, result);
}

/** A list that is filtered for one agent must not be cached for others, nor for long. */
function limitCaching(text: string, result: JsonObject): string {
  const ttl = result.get("ttlMs");
  const isCacheable = result.has("cacheScope") || ttl !== undefined;
  const scoped = isCacheable ? setMember(text, ["result", "cacheScope"], `"private"`) : text;
  const isLong = ttl instanceof JsonNumber && Number(ttl.token) > MAX_TTL_MS;
  return isLong ? setMember(scoped, ["result", "ttlMs"], String(MAX_TTL_MS)) : scoped;
}

function toolName(tool: Json): string | undefined {
  const name = isJsonObject(tool) ? tool.get("name") : undefined;
  return typeof name === "string" ? name : undefined;
}
