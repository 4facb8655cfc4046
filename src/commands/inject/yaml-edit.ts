/** Edits of YAML nodes that leave everything else, comments included, as it stands. */

import { type Document, isMap, isScalar, isSeq, type YAMLMap, type YAMLSeq } from "yaml";

/** The map at a key; undefined when there is none. */
export function mapAt(map: YAMLMap, key: string): YAMLMap | undefined {
  const value = map.get(key, true);
  return isMap(value) ? value : undefined;
}

/** The maps of the list at a key; none when there is no list. */
export function mapsAt(map: YAMLMap, key: string): readonly YAMLMap[] {
  const value = map.get(key, true);
  return isSeq(value) ? value.items.filter((item) => isMap(item)) : [];
}

/** The text or number at a key, as text; empty when there is none. */
export function textAt(map: YAMLMap | undefined, key: string): string {
  const value = map?.get(key);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** The map at a key, made when there is none. */
export function ensureMap(document: Document, map: YAMLMap, key: string): YAMLMap {
  const found = mapAt(map, key);
  if (found !== undefined) return found;
  const made = document.createNode({}) as YAMLMap;
  made.flow = false;
  map.set(key, made);
  return made;
}

/** The list at a key, made when there is none. */
export function ensureList(document: Document, map: YAMLMap, key: string): YAMLSeq {
  const found = map.get(key, true);
  if (isSeq(found)) return found;
  const made = document.createNode([]) as YAMLSeq;
  made.flow = false;
  map.set(key, made);
  return made;
}

/** Removes the items of a list that match, and the list when none is left. */
export function removeFrom(map: YAMLMap, key: string, matches: (item: YAMLMap) => boolean): void {
  const list = map.get(key, true);
  if (!isSeq(list)) return;
  list.items = list.items.filter((item) => !isMap(item) || !matches(item));
  if (list.items.length === 0) map.delete(key);
}

/** Removes keys from the map at a key, and that map when nothing is left. */
export function removeKeys(map: YAMLMap, key: string, names: readonly string[]): void {
  const inner = mapAt(map, key);
  if (inner === undefined) return;
  for (const name of names) inner.delete(name);
  if (inner.items.length === 0) map.delete(key);
}

/** The keys and texts of a map of texts. */
export function textsOf(map: YAMLMap | undefined): ReadonlyMap<string, string> {
  const pairs = (map?.items ?? []).flatMap(({ key, value }) =>
    isScalar(key) && isScalar(value) ? [[String(key.value), String(value.value)] as const] : [],
  );
  return new Map(pairs);
}
