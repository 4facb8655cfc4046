/** Paths into the arguments of a call: `args.batch.settings`, `args["a.b"]`, `args.items[0]`. */

import { isJsonArray, isJsonObject, type Json, type JsonObject } from "./json.ts";

/** The segment `[*]`: every item of a list. Only conditions have it. */
export const EVERY_ITEM: unique symbol = Symbol("[*]");
/** The name of a member, the index of an item, or every item; a name of digits also finds the item of a list. */
export type PathSegment = string | number | typeof EVERY_ITEM;
/** The segments after `args`; empty for the arguments as a whole. */
export type ArgumentPath = readonly PathSegment[];

const SEGMENT = /\.([^.[\]]+)|\[(\d+|\*)\]|\[("(?:[^"\\]|\\.)*")\]/uy;
const MAX_PATH_LENGTH = 1024;

/** Parses a path to one argument; undefined when the text is not one, or has more than 1,024 characters. */
export function parseArgumentPath(text: string): ArgumentPath | undefined {
  const path = parseItemsPath(text);
  return path === undefined || hasEveryItem(path) ? undefined : path;
}

/** Parses a path that may have `[*]`, and begins with the name `root`. */
export function parseItemsPath(text: string, root = "args"): ArgumentPath | undefined {
  if (!text.startsWith(root) || text.length > MAX_PATH_LENGTH) return undefined;
  const segments: PathSegment[] = [];
  SEGMENT.lastIndex = root.length;
  while (SEGMENT.lastIndex < text.length) {
    const [whole, name, index, quoted] = SEGMENT.exec(text) ?? [];
    if (whole === undefined) return undefined;
    const segment = name ?? (index === undefined ? unquote(`${quoted}`) : indexOf(index));
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return segments;
}

/** Whether the path has `[*]`, and finds any number of values. */
export function hasEveryItem(path: ArgumentPath): boolean {
  return path.includes(EVERY_ITEM);
}

/** An index has at most 9 digits and no leading zero; other digits are a name. */
const INDEX = /^(?:0|[1-9]\d{0,8})$/;

function indexOf(digits: string): PathSegment {
  if (digits === "*") return EVERY_ITEM;
  return INDEX.test(digits) ? Number(digits) : digits;
}

function unquote(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}

/** The result where the path goes on below a value that has no such parts: a member of a list, an item of an object. */
export const WRONG_CONTAINER: unique symbol = Symbol("wrong container");

/** Returns the value at the path; undefined when there is none, or when it is null. */
export function resolveArgument(
  args: JsonObject,
  path: ArgumentPath,
): Json | undefined | typeof WRONG_CONTAINER {
  let value: Json = args;
  for (const segment of path) {
    const child = childOf(value, segment);
    if (child === undefined || child === null || child === WRONG_CONTAINER) return child ?? undefined;
    value = child;
  }
  return value;
}

/** Returns every value that a path with `[*]` finds, each as `resolveArgument` does; one where a list is missing. */
export function resolveItems(
  value: Json,
  path: ArgumentPath,
): readonly (Json | undefined | typeof WRONG_CONTAINER)[] {
  const [segment, ...rest] = path;
  if (segment === undefined) return [value];
  if (segment === EVERY_ITEM) {
    return isJsonArray(value) ? value.flatMap((item) => [...itemsBelow(item, rest)]) : [WRONG_CONTAINER];
  }
  const child = childOf(value, segment);
  return child === WRONG_CONTAINER ? [child] : itemsBelow(child ?? null, rest);
}

function itemsBelow(value: Json, path: ArgumentPath): ReturnType<typeof resolveItems> {
  return value === null ? [undefined] : resolveItems(value, path);
}

/** Returns the member of an object or the item of a list; undefined when there is none. */
export function childOf(value: Json, segment: PathSegment): Json | undefined | typeof WRONG_CONTAINER {
  if (isJsonArray(value)) {
    const isIndex = typeof segment === "number" || INDEX.test(String(segment));
    return isIndex ? value[Number(segment)] : WRONG_CONTAINER;
  }
  return isJsonObject(value) && typeof segment === "string" ? value.get(segment) : WRONG_CONTAINER;
}
