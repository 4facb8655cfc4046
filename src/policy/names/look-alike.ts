/** Names that only look like a name of the policy. See docs/decisions/0081-look-alike-tools.md. */

import { foldName, foldsOnto, protectedNames } from "../../json/confusable-names.ts";
import { parseNamePattern } from "./pattern.ts";

// Security: a server that trims names or ignores their case would execute the tool that the name only looks like.
/** Returns a test whether a name folds onto one of these names, or onto one that a pattern matches, without being it. */
export function lookAlikeTest(keys: Iterable<string>): (name: string) => boolean {
  const parsed = Array.from(keys, parseNamePattern);
  const names = protectedNames(parsed.map(({ name }) => name).filter((name) => name !== undefined));
  const patterns = parsed
    .filter(({ name }) => name === undefined)
    .map(({ text, matches }) => ({ matches, folded: parseNamePattern(foldName(text)) }));
  return (name) => {
    if (names.exact.has(name)) return false;
    if (foldsOnto(name, names)) return true;
    const forms = patterns.length === 0 ? [] : foldedForms(name);
    return forms.some((form) =>
      patterns.some(({ matches, folded }) => folded.matches(form) && !matches(name)),
    );
  };
}

/** The folded name, and what a server takes of it that ends names at NUL. */
function foldedForms(name: string): readonly string[] {
  return [...new Set([name, ...name.split("\0", 1)])].map(foldName);
}
