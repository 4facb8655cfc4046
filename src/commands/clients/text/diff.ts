/** Shows edits of a text as the lines that go and the lines that come. */

import { applyEdits, type TextEdit } from "./text-edits.ts";

/** Lines with `@@ line 12`, `- ` and `+ `; `hidden` edits replace values that must not be shown. */
export function diffLines(
  text: string,
  edits: readonly TextEdit[],
  hidden: readonly TextEdit[],
): readonly string[] {
  return hunksOf(text, edits).flatMap(({ from, to, inside }) => {
    const isIn = ({ start, end }: TextEdit): boolean => start >= from && end <= to;
    const masks = hidden.filter(isIn);
    const free = masks.filter((mask) => !inside.some((edit) => isOver(edit, mask)));
    const before = linesOf(applyEdits(text, masks, from, to));
    const shown = inside.map(({ shown: seen, ...edit }) => ({ ...edit, text: seen ?? edit.text }));
    const after = linesOf(applyEdits(text, [...shown, ...free], from, to));
    const line = text.slice(0, from).split("\n").length;
    return [`@@ line ${line}`, ...changedLines(before, after)];
  });
}

interface Hunk {
  readonly from: number;
  readonly to: number;
  readonly inside: readonly TextEdit[];
}

/** Edits whose lines touch are one hunk. */
function hunksOf(text: string, edits: readonly TextEdit[]): readonly Hunk[] {
  const hunks: Hunk[] = [];
  for (const edit of edits.toSorted((one, other) => one.start - other.start)) {
    const from = text.lastIndexOf("\n", edit.start - 1) + 1;
    const end = text.indexOf("\n", edit.end);
    const to = end < 0 ? text.length : end;
    const last = hunks.at(-1);
    if (last === undefined || from > last.to + 1) hunks.push({ from, to, inside: [edit] });
    else hunks.splice(-1, 1, { from: last.from, to: Math.max(to, last.to), inside: [...last.inside, edit] });
  }
  return hunks;
}

function isOver(one: TextEdit, other: TextEdit): boolean {
  return one.start < other.end && other.start < one.end;
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/);
}

/** Lines that are equal at the start and at the end are left out. */
function changedLines(before: readonly string[], after: readonly string[]): readonly string[] {
  const same = before.findIndex((line, index) => line !== after[index]);
  const head = same < 0 ? Math.min(before.length, after.length) : same;
  let tail = 0;
  while (
    tail < Math.min(before.length, after.length) - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail += 1;
  const kept = (lines: readonly string[]): readonly string[] => lines.slice(head, lines.length - tail);
  return [...kept(before).map((line) => `- ${line}`), ...kept(after).map((line) => `+ ${line}`)];
}
