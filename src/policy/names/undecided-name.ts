/** Finds a name for which two patterns are equally specific and no other entry decides. */

import { ANY_CHARACTER, ANY_TEXT, type NamePattern } from "./pattern.ts";

/** Positions that a pattern may have reached after the same text. */
type Positions = readonly number[];

/** States that are visited before the search gives up. */
const MAX_STATES = 20_000;

/**
 * Returns a shortest name that both patterns match and none of `others` does; undefined when there is none. Also
 * undefined when the search is too large: the decision about such a name denies all the same.
 */
export function undecidedName(
  one: NamePattern,
  other: NamePattern,
  others: readonly NamePattern[],
): string | undefined {
  const patterns = [one, other, ...others];
  const alphabet = alphabetOf(patterns);
  let reached: readonly Reached[] = [
    { name: "", at: patterns.map((pattern) => ({ pattern, positions: closure(pattern, [0]) })) },
  ];
  const seen = new Set<string>();
  while (reached.length > 0 && seen.size < MAX_STATES) {
    const found = reached.find(isUndecided);
    if (found !== undefined) return found.name;
    reached = reached
      .flatMap((state) => following(state, alphabet))
      .filter(({ at }) => {
        const key = JSON.stringify(at.map(({ positions }) => positions));
        const isNew = at.slice(0, 2).every(({ positions }) => positions.length > 0) && !seen.has(key);
        seen.add(key);
        return isNew;
      });
  }
  return undefined;
}

interface Reached {
  readonly name: string;
  /** For each pattern: the two that must match first. */
  readonly at: readonly At[];
}

interface At {
  readonly pattern: NamePattern;
  readonly positions: Positions;
}

/** The characters of the patterns, and one that none of them has, for what a wildcard matches. */
function alphabetOf(patterns: readonly NamePattern[]): string[] {
  const literals = patterns.flatMap(({ symbols }) => symbols.filter((symbol) => typeof symbol === "string"));
  const known = new Set(literals);
  const fresh = "xyzabcdefghijklmnopqrstuvw0123456789".split("").find((character) => !known.has(character));
  return [...known, ...(fresh === undefined ? [] : [fresh])];
}

function isUndecided({ at }: Reached): boolean {
  return at.every(
    ({ pattern, positions }, index) => positions.includes(pattern.symbols.length) === index < 2,
  );
}

function following({ name, at }: Reached, alphabet: readonly string[]): Reached[] {
  return alphabet.map((character) => ({
    name: name + character,
    at: at.map((each) => advance(each, character)),
  }));
}

function advance({ pattern, positions }: At, character: string): At {
  const next = positions.flatMap((position) => {
    const symbol = pattern.symbols[position];
    if (symbol === ANY_TEXT) return [position];
    return symbol === ANY_CHARACTER || symbol === character ? [position + 1] : [];
  });
  return { pattern, positions: closure(pattern, next) };
}

/** Adds the positions after stars, which match the empty text too. */
function closure({ symbols }: Pick<NamePattern, "symbols">, positions: Positions): Positions {
  const all = new Set<number>();
  for (let position of positions) {
    all.add(position);
    while (symbols[position] === ANY_TEXT) {
      position += 1;
      all.add(position);
    }
  }
  return Array.from(all).toSorted((low, high) => low - high);
}
