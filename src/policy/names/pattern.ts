/** Patterns of tool names: `*` is any text, `?` is one character, `\*` and `\?` are the characters themselves. */

/** One character of a pattern: a code point, or a wildcard. */
export type PatternSymbol = string | typeof ANY_TEXT | typeof ANY_CHARACTER;

export const ANY_TEXT = Symbol("*");
export const ANY_CHARACTER = Symbol("?");

export interface NamePattern {
  /** As the author wrote it. */
  readonly text: string;
  readonly symbols: readonly PatternSymbol[];
  /** The number of characters that are no wildcards: of two patterns that match, the one with more is more specific. */
  readonly literalLength: number;
  /** The name that it stands for; undefined when it has a wildcard. */
  readonly name: string | undefined;
  /** Whether it matches the whole name; letter case counts. */
  readonly matches: (name: string) => boolean;
}

/** Parses a name or pattern. A backslash that does not stand before `*` or `?` is an ordinary character. */
export function parseNamePattern(text: string): NamePattern {
  // Policies have tens of thousands of names, and few patterns.
  if (!/[*?]/.test(text)) return plainName(text);
  const symbols = parseSymbols(text);
  const literals = symbols.filter((symbol) => typeof symbol === "string");
  const isExact = literals.length === symbols.length;
  const name = isExact ? literals.join("") : undefined;
  const matches = isExact ? (tested: string) => tested === name : matcherOf(symbols);
  return { text, symbols, literalLength: literals.length, name, matches };
}

function plainName(text: string): NamePattern {
  const matches = (tested: string): boolean => tested === text;
  return { text, symbols: Array.from(text), literalLength: text.length, name: text, matches };
}

/** Writes a name so that it stands for itself alone in a policy. */
export function escapeName(name: string): string {
  return name.replaceAll(/[*?]/g, String.raw`\$&`);
}

function parseSymbols(text: string): PatternSymbol[] {
  const symbols: PatternSymbol[] = [];
  for (const [token] of text.matchAll(/\\[*?]|./gsu)) {
    if (token === "*") {
      // Two stars match what one does; a second one only costs time.
      if (symbols.at(-1) !== ANY_TEXT) symbols.push(ANY_TEXT);
    } else if (token === "?") symbols.push(ANY_CHARACTER);
    else symbols.push(token.length > 1 && token.startsWith("\\") ? token.slice(1) : token);
  }
  return symbols;
}

/** The literal characters before the first wildcard of a pattern. */
export function literalPrefix({ symbols }: Pick<NamePattern, "symbols">): string {
  const end = symbols.findIndex((symbol) => typeof symbol !== "string");
  return symbols
    .slice(0, end)
    .filter((symbol) => typeof symbol === "string")
    .join("");
}

/** The literal characters after the last wildcard. */
export function literalSuffix({ symbols }: Pick<NamePattern, "symbols">): string {
  const start = symbols.findLastIndex((symbol) => typeof symbol !== "string");
  return symbols
    .slice(start + 1)
    .filter((symbol) => typeof symbol === "string")
    .join("");
}

// Security: a caller chooses the name, so a regular expression that backtracks would let it choose the cost.
function matcherOf(symbols: readonly PatternSymbol[]): (name: string) => boolean {
  const prefix = literalPrefix({ symbols });
  const suffix = literalSuffix({ symbols });
  const minLength = prefix.length + suffix.length;
  const couldMatch = (name: string): boolean =>
    name.length >= minLength && name.startsWith(prefix) && name.endsWith(suffix);
  const wildcards = symbols.filter((symbol) => typeof symbol !== "string");
  if (wildcards.length === 1 && wildcards[0] === ANY_TEXT) return couldMatch;
  const inner = longestLiteral(symbols);
  return (name) => couldMatch(name) && name.includes(inner) && matchesSymbols(symbols, Array.from(name));
}

function longestLiteral(symbols: readonly PatternSymbol[]): string {
  const parts = symbols
    .map((symbol) => (typeof symbol === "string" ? symbol : "\0"))
    .join("")
    .split("\0");
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), "");
}

/** Matches greedily, and goes back to the last star only: an earlier star never needs to take more. */
function matchesSymbols(symbols: readonly PatternSymbol[], name: readonly string[]): boolean {
  let position = 0;
  let next = 0;
  let afterStar: number | undefined;
  let restart = 0;
  while (position < name.length) {
    const symbol = symbols[next];
    if (symbol === ANY_TEXT) {
      next += 1;
      afterStar = next;
      restart = position;
    } else if (symbol !== undefined && (symbol === ANY_CHARACTER || symbol === name[position])) {
      next += 1;
      position += 1;
    } else if (afterStar !== undefined) {
      restart += 1;
      position = restart;
      next = afterStar;
    } else return false;
  }
  return next === symbols.length || (next === symbols.length - 1 && symbols[next] === ANY_TEXT);
}
