/** Regular expressions of schemas, matched in time linear in the text by RE2. */

import { RE2JS, RE2Set } from "re2js";
import { UncheckedError } from "./unchecked.ts";
import { spend } from "./work-bound.ts";

/** Longest text that is matched, in characters; as for the operator `regex`. */
const MAX_SUBJECT_LENGTH = 16 * 1024;
/** Steps for each character of a text that is matched. */
const STEPS_PER_CHARACTER = 10;
/** Bound of a pattern's length times the sum of its repetitions, which RE2 copies. */
const MAX_PATTERN_WORK = 200_000;

/** A pattern as the validator library uses it; it tells patterns apart by their text. */
export interface BoundedPattern {
  readonly test: (text: string) => boolean;
  readonly toString: () => string;
}

/** Compiles a pattern for the validator library. @throws when RE2 does not accept it, or when it is too large */
export function boundedPattern(pattern: string): BoundedPattern {
  if (pattern.length * sumOfRepetitions(pattern) > MAX_PATTERN_WORK) {
    throw new Error("a pattern is too large");
  }
  const translated = RE2JS.translateRegExp(pattern);
  // A set only parses the pattern, which finds every fault. Compiling costs more, so it waits for a text.
  new RE2Set().add(translated);
  let compiled: RE2JS | undefined;
  return {
    toString: () => pattern,
    test: (text) => {
      if (text.length > MAX_SUBJECT_LENGTH) {
        throw new UncheckedError(
          `have a text of more than ${MAX_SUBJECT_LENGTH} characters where the tool's input schema has a pattern`,
        );
      }
      spend(text.length * STEPS_PER_CHARACTER);
      compiled ??= RE2JS.compile(translated);
      return compiled.test(text);
    },
  };
}

function sumOfRepetitions(pattern: string): number {
  const counts = Array.from(pattern.matchAll(/\{\d+(?:,\d*)?\}/g), ([repetition]) => {
    return Math.max(...Array.from(repetition.matchAll(/\d+/g), Number));
  });
  return counts.reduce((sum, count) => sum + count, 1);
}
