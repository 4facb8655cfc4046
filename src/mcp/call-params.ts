/** The parameters of a tools/call beside its name, its arguments and its `_meta`. */

import type { JsonObject } from "../json/json.ts";
import { printJson } from "../json/print-json.ts";

const KNOWN: ReadonlySet<string> = new Set(["name", "arguments", "_meta"]);

/** `task` and every other parameter as JSON text, in the order in which they came; empty when there is none. */
export function otherParamsText(params: JsonObject): string {
  const others = Array.from(params).filter(([name]) => !KNOWN.has(name));
  return others.length === 0 ? "" : printJson(new Map(others));
}
