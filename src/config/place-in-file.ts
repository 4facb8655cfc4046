/** Finds the line and column of a value in a settings or policy file, for the problem with it. */

import { isMap, isScalar, isSeq } from "yaml";
import { linePosition, parseYaml } from "./parse-yaml.ts";

/** Names and indexes down to a value. */
export type Place = readonly (string | number)[];

/** Longer texts are not parsed once more for the lines of their problems. */
const MAX_TEXT_LENGTH = 2_000_000;

/**
 * Returns a function from a path to `line 3, column 5`: where the text, YAML or JSON, writes the name or item at the end of
 * the path, or else the deepest part of the path that it has. It returns undefined for the whole text, and for a text that is too long.
 */
export function placesIn(text: string): (path: Place) => string | undefined {
  if (text.length > MAX_TEXT_LENGTH) return () => undefined;
  const { document, lines } = parseYaml(text);
  return (path) => {
    let node: unknown = document.contents;
    let offset: number | undefined;
    for (const step of path) {
      const found = stepInto(node, step);
      if (found === undefined) break;
      offset = found.offset;
      node = found.node;
    }
    return offset === undefined ? undefined : linePosition(lines, offset);
  };
}

function stepInto(
  node: unknown,
  step: string | number,
): { readonly node: unknown; readonly offset: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return item === undefined ? undefined : { node: item, offset: offsetOf(item) };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(
    ({ key }) => isScalar(key) && String(key.source ?? key.value) === String(step),
  );
  return pair && { node: pair.value, offset: offsetOf(pair.key) };
}

function offsetOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined;
}

/** Reads a path as problems write it: `tools.pay.limits[0].max`, `tools["a.b"]`. */
export function placeOf(path: string): Place {
  return Array.from(
    path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g),
    ([, index, quoted, name]) => {
      if (index !== undefined) return Number(index);
      return quoted === undefined ? `${name}` : String(JSON.parse(quoted));
    },
  );
}
