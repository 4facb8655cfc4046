/** A key twice in one object: parsers differ in which of the two they use. */

import { escaped, type Family, vector } from "../vector.ts";
import { DUPLICATE_ONLY_PLACES, KEY_PLACES } from "./key-places.ts";

const PLACES = [...KEY_PLACES, ...DUPLICATE_ONLY_PLACES];

const SPELLINGS: readonly [string, (key: string) => string][] = [
  ["as it is", (key) => key],
  ["its first letter escaped", (key) => escaped(key.slice(0, 1)) + key.slice(1)],
  ["all escaped in capitals", (key) => escaped(key).toUpperCase().replaceAll("\\U", "\\u")],
];

export const DUPLICATE_KEYS: Family = PLACES.flatMap(({ key, good, bad, around }, place) =>
  SPELLINGS.flatMap(([spelling, spell]) =>
    [
      ["first", bad, good],
      ["last", good, bad],
    ].map(([where, one, other]) =>
      vector(
        `${key} twice (place ${place}), ${spelling}, the forbidden one ${where}`,
        around(`"${key}":${one},"${spell(key)}":${other}`),
      ),
    ),
  ),
);
