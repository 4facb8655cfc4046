/** The difference of two JSON values as a JSON Patch (RFC 6902), which is how an admission webhook changes an object. */

export type PatchOperation =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

/** The operations that make `after` of `before`; none when they are equal. */
export function diffJson(before: unknown, after: unknown, path = ""): readonly PatchOperation[] {
  if (isList(before) && isList(after)) return diffLists(before, after, path);
  if (isMap(before) && isMap(after)) return diffMaps(before, after, path);
  return isSame(before, after) ? [] : [{ op: "replace", path, value: after }];
}

type JsonMap = Readonly<Record<string, unknown>>;

function diffMaps(before: JsonMap, after: JsonMap, path: string): readonly PatchOperation[] {
  const at = (key: string): string => `${path}/${escapePointer(key)}`;
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return [
    ...removed.map((key): PatchOperation => ({ op: "remove", path: at(key) })),
    ...Object.entries(after).flatMap(([key, value]) =>
      Object.hasOwn(before, key)
        ? diffJson(before[key], value, at(key))
        : [{ op: "add", path: at(key), value } as const],
    ),
  ];
}

/** Items that were put into the list at one place are added; of lists of one length each item is compared; other lists are replaced. */
function diffLists(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
): readonly PatchOperation[] {
  const added = after.length - before.length;
  if (added === 0) return before.flatMap((item, index) => diffJson(item, after[index], `${path}/${index}`));
  const differs = before.findIndex((item, index) => !isSame(item, after[index]));
  const start = differs < 0 ? before.length : differs;
  const isInsertion =
    added > 0 && before.slice(start).every((item, index) => isSame(item, after[start + added + index]));
  if (!isInsertion) return [{ op: "replace", path, value: after }];
  return after
    .slice(start, start + added)
    .map((value, index) => ({ op: "add", path: `${path}/${start + index}`, value }));
}

function isSame(one: unknown, other: unknown): boolean {
  if (isList(one) && isList(other))
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  if (!isMap(one) || !isMap(other)) return one === other;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
  );
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** RFC 6901, section 3. */
function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
