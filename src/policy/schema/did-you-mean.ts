/** Suggests a known name for a misspelled one. */

/** Returns the nearest known name within a third of the name's length; ignores letter case, `_` and `-`. Undefined when none is near. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = fold(name);
  let nearest: string | undefined;
  let best = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const folded = fold(candidate);
    if (Math.abs(folded.length - wanted.length) >= best) continue;
    const distance = editDistance(wanted, folded);
    if (distance < best) [nearest, best] = [candidate, distance];
  }
  return nearest;
}

/** Prints `, did you mean "limits"?`, or an empty string. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : `, did you mean ${JSON.stringify(nearest)}?`;
}

function fold(name: string): string {
  return name.slice(0, 128).toLowerCase().replaceAll(/[_-]/g, "");
}

/** The Levenshtein distance. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  let distance = other.length;
  for (const [index, letter] of one.split("").entries()) {
    const next = [index + 1];
    let diagonal = index;
    distance = index + 1;
    for (const [column, above] of row.slice(1).entries()) {
      const replaced = diagonal + (other[column] === letter ? 0 : 1);
      distance = Math.min(replaced, above + 1, distance + 1);
      next.push(distance);
      diagonal = above;
    }
    row = next;
  }
  return distance;
}
