/** Corrects a label: the policy entry that assigns another category to a tool, and lifts no rule that holds today. */

import type { Category } from "../category/category.ts";
import type { CompiledPolicy } from "../document/compile.ts";
import { escapeName, parseNamePattern } from "../names/pattern.ts";
import { isJsonObject, type Json, type JsonObject } from "../../json/json.ts";

export interface LabelCorrection {
  /** The key under `tools`, which stands for this tool alone. */
  readonly key: string;
  readonly entry: JsonObject;
  /** A remark to read before adding the entry; absent without one. */
  readonly note?: string;
}

/**
 * The entry that assigns the category. `policy` is the one in force for agents without a binding; undefined when there is none.
 *
 * Security: an entry of a pattern no longer counts beside one of the exact name, so the new entry has its rules. An entry
 * lists its tool: where the policy denies the tool for want of one, the new entry denies it.
 */
export function correctLabel(
  policy: CompiledPolicy | undefined,
  tool: string,
  category: Category,
): LabelCorrection {
  const key = escapeName(tool);
  const assigned: [string, Json] = ["category", category];
  if (policy === undefined) return { key, entry: new Map([assigned]) };
  const { key: pattern, tied } = policy.forTool(tool);
  if (pattern !== undefined) {
    const isOwn = parseNamePattern(pattern).name === tool;
    const note = isOwn
      ? "replaces the entry of this tool"
      : `has the rules of the pattern ${JSON.stringify(pattern)}, which no longer counts for this tool`;
    return { key: isOwn ? pattern : key, entry: new Map([...entryIn(policy, pattern), assigned]), note };
  }
  if (policy.default === "allow" && tied.length === 0) return { key, entry: new Map([assigned]) };
  const entry = new Map<string, Json>([assigned, ["action", "deny"]]);
  return { key, entry, note: 'denies this tool, as the policy does now; remove "action" to allow it' };
}

/** The members of the entry as written. */
function entryIn({ document }: CompiledPolicy, key: string): [string, Json][] {
  return [document.json]
    .filter(isJsonObject)
    .flatMap((json) => membersOf(json, "tools"))
    .flatMap((tools) => membersOf(tools, key))
    .flatMap((entry) => Array.from(entry));
}

function membersOf(json: JsonObject, name: string): JsonObject[] {
  return [json.get(name)].filter(isJsonObject);
}
