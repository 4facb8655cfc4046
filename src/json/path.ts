/** Paths into the arguments of a call: `args.batch.settings`, `args["a.b"]`, `args.items[0]`. */

import { isJsonArray, isJsonObject, type Json, type JsonObject } from "./json.ts";

/** The segments after `args`; empty for the arguments as a whole. */
export type ArgumentPath = readonly string[];

const SEGMENT = /\.([^.[\]]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/uy;
const MAX_PATH_LENGTH = 1024;

/** Parses a path; undefined when the text is not one, or has more than 1,024 characters. */
export function parseArgumentPath(text: string): ArgumentPath | undefined {
  if (!text.startsWith("args") || text.length > MAX_PATH_LENGTH) return undefined;
  const segments: string[] = [];
  SEGMENT.lastIndex = "args".length;
  while (SEGMENT.lastIndex < text.length) {
    const [whole, name, index, quoted] = SEGMENT.exec(text) ?? [];
    if (whole === undefined) return undefined;
    const segment = name ?? index ?? unquote(`${quoted}`);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return segments;
}

function unquote(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}

/** Returns the value at the path; undefined when there is none, or when it is null. */
export function resolveArgument(args: JsonObject, path: ArgumentPath): Json | undefined {
  let value: Json | undefined = args;
  for (const segment of path) {
    value = childOf(value, segment);
    if (value === undefined) return undefined;
  }
  return value ?? undefined;
}

/** Returns the member of an object or the element of an array; undefined when there is none. */
export function childOf(value: Json, segment: string): Json | undefined {
  if (isJsonObject(value)) return value.get(segment);
  if (isJsonArray(value) && /^(?:0|[1-9]\d{0,8})$/.test(segment)) return value[Number(segment)];
  return undefined;
}
