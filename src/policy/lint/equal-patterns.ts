/** Finds patterns of tool names that are equally specific and match the same name. */

import type { PolicyDocument } from "../document/document.ts";
import { type NamePattern, parseNamePattern } from "../names/pattern.ts";
import { literalPrefix, literalSuffix } from "../names/pattern.ts";
import { undecidedName } from "../names/undecided-name.ts";
import { documentRoot, type Finding } from "./finding.ts";

/** Pairs that are compared; a decision denies every name that is left undecided. */
const MAX_PAIRS = 2_000;

/** Returns one finding for each pair of patterns that leaves a name undecided. */
export function equalPatternFindings({ tools }: PolicyDocument): Finding[] {
  const all = Array.from(tools?.keys() ?? [], parseNamePattern);
  const patterns = all.filter(({ name }) => name === undefined);
  const pairs = patterns.flatMap((one, index) =>
    patterns.slice(index + 1).flatMap((other) => (couldTie(one, other) ? [{ one, other }] : [])),
  );
  return pairs.slice(0, MAX_PAIRS).flatMap(({ one, other }): Finding[] => {
    const name = undecidedName(one, other, decidersOf(all, one));
    if (name === undefined) return [];
    const path = documentRoot().at("tools").at(other.text).path();
    const message = `is as specific as ${JSON.stringify(one.text)}, and both match \`${name}\`, so that a call of it is denied: make one more specific, or list the name`;
    return [{ severity: "error", code: "ambiguous-pattern", path, message }];
  });
}

function couldTie(one: NamePattern, other: NamePattern): boolean {
  if (one.literalLength !== other.literalLength) return false;
  const [before, otherBefore] = [literalPrefix(one), literalPrefix(other)];
  const [after, otherAfter] = [literalSuffix(one), literalSuffix(other)];
  return (
    (before.startsWith(otherBefore) || otherBefore.startsWith(before)) &&
    (after.endsWith(otherAfter) || otherAfter.endsWith(after))
  );
}

/** Entries that go before a pattern: names, and patterns with more literal characters. */
function decidersOf(all: readonly NamePattern[], { literalLength }: NamePattern): NamePattern[] {
  return all.filter((each) => each.name !== undefined || each.literalLength > literalLength);
}
