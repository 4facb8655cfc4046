/** Edits of a text: each replaces what stands between two positions. */

export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** In place of `text` where people see it. Absent: `text`. */
  readonly shown?: string;
}

/** Edits must not overlap. `from` and `to` bound the part of the text that is returned; every edit must lie in it. */
export function applyEdits(text: string, edits: readonly TextEdit[], from = 0, to = text.length): string {
  const sorted = edits.toSorted((one, other) => one.start - other.start || one.end - other.end);
  const parts: string[] = [];
  let at = from;
  for (const edit of sorted) {
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  parts.push(text.slice(at, to));
  return parts.join("");
}
