/** Compares two transcripts of the same script, without what differs from run to run. */

import { isDeepStrictEqual } from "node:util";
import type { Line } from "./runs.ts";

/** A step whose outcome is not the same. */
export interface Difference {
  readonly step: string;
  readonly direct: string;
  readonly through: string;
}

/** Patterns of text that differs from run to run, and the word that stands in its place. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, "TIME"],
  [/\b\d{1,2}:\d\d:\d\d(?: [AP]M)?/g, "TIME"],
  [/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/g, "UUID"],
  [/\b(session_?id=)\w+/gi, "$1ID"],
  [/\b(127\.0\.0\.1|localhost):\d+/g, "$1:PORT"],
];

export function differencesOf(direct: readonly Line[], through: readonly Line[]): readonly Difference[] {
  const length = Math.max(direct.length, through.length);
  return Array.from({ length }, (_item, index) => differenceOf(direct[index], through[index])).filter(
    (difference) => difference !== undefined,
  );
}

/** A line as it is compared. */
export function settled(line: Line): Line {
  const text = VARIABLE.reduce(
    (sofar, [pattern, word]) => sofar.replace(pattern, word),
    JSON.stringify(line),
  );
  return JSON.parse(text) as Line;
}

function differenceOf(direct: Line | undefined, through: Line | undefined): Difference | undefined {
  // A library may not offer the same over each of its transports.
  if (direct?.absent === true || through?.absent === true) return undefined;
  const [left, right] = [direct && settled(direct), through && settled(through)];
  if (isDeepStrictEqual(left, right)) return undefined;
  return { step: (left ?? right)?.do ?? "", direct: outcomeIn(left), through: outcomeIn(right) };
}

function outcomeIn(line: Line | undefined): string {
  if (line === undefined) return "no such step";
  const { do: _step, ...outcome } = line;
  return JSON.stringify(outcome);
}
