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

/** Prints `, did you mean "limits"?`, or an empty string. `quote` writes the nearest name as its place in the text needs. */
export function didYouMean(
  name: string,
  known: Iterable<string>,
  quote: (nearest: string) => string = JSON.stringify,
): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : `, did you mean ${quote(nearest)}?`;
}

/** Writes a command, a flag or a variable as the messages of the command line do. */
export function inBackticks(word: string): string {
  return `\`${word}\``;
}

function fold(name: string): string {
  return name.slice(0, 128).toLowerCase().replaceAll(/[_-]/g, "");
}

/** The number of letters to add, drop or replace, or of neighbours to swap. */
function editDistance(one: string, other: string): number {
  const width = other.length + 1;
  // One row for each letter of `one`, and the row before the first.
  const cells = new Uint16Array(width * (one.length + 1));
  const at = (row: number, column: number): number => Number(cells[row * width + column]);
  for (let column = 1; column < width; column += 1) cells[column] = column;
  for (let row = 1; row <= one.length; row += 1) {
    cells[row * width] = row;
    for (let column = 1; column < width; column += 1) {
      const isEqual = one[row - 1] === other[column - 1];
      const changed = at(row - 1, column - 1) + (isEqual ? 0 : 1);
      let distance = Math.min(changed, at(row - 1, column) + 1, at(row, column - 1) + 1);
      const isSwap = row > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (isSwap) distance = Math.min(distance, at(row - 2, column - 2) + 1);
      cells[row * width + column] = distance;
    }
  }
  return at(one.length, other.length);
}
