/** One difference between two policies, as a reviewer reads it. */

/** `note`: no decision changes, as with a message. `changed`: some calls may be denied that were not, and the other way round. */
export const DIFFERENCE_KINDS = ["stricter", "looser", "changed", "note"] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

export interface Difference {
  /** `the document`, `tool refund`, `category read`, `every tool`, `method ping`. */
  readonly place: string;
  readonly kind: DifferenceKind;
  readonly text: string;
}

/** A difference whose place is not known yet. */
export type Found = Omit<Difference, "place">;

/** The kind of a change that makes calls harder where `isStricter`. */
export function stricterOrLooser(isStricter: boolean): DifferenceKind {
  return isStricter ? "stricter" : "looser";
}

/** `name: old -> new` for two values that differ; nothing for equal ones. `rank` orders them from loose to strict. */
export function ranked<Value extends string>(
  name: string,
  [before, after]: readonly [Value, Value],
  rank: readonly Value[],
): Found[] {
  if (before === after) return [];
  const isStricter = rank.indexOf(after) > rank.indexOf(before);
  return [{ kind: stricterOrLooser(isStricter), text: `${name}: ${before} -> ${after}` }];
}
