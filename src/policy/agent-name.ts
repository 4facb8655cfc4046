/** Decides whether a text may name an agent or a user: a name that looks like another one, or that has a meaning of its own, may not. */

import { isConfusableWith } from "../json/confusable-names.ts";

export const MAX_NAME_LENGTH = 256;

/** The caller without a credential, the caller of a wrapped server, and the labels of names that metrics do not show. */
export const RESERVED_NAMES = ["anonymous", "local", "_other", "_unknown"] as const;

/** Controls, default-ignorable characters, and blanks other than U+0020, some of which are no blanks by category: U+2800, U+1D159, hieroglyphic blanks, the Khitan filler. */
const HIDDEN =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}\u{13441}\u{13442}\u{16FE4}]|(?! )\p{Zs}/u;
/** Every character that shows and folds to itself: such a name needs no further look. */
const PLAIN = /^[!-~]+$/;

// Security: policies, limits and people tell agents apart by their names alone.
/** The fault of a name, worded to follow `the name`; undefined when it may be used. Holds no part of the name. */
export function nameFault(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.length > MAX_NAME_LENGTH) return `has more than ${MAX_NAME_LENGTH} characters`;
  if (!PLAIN.test(name)) {
    if (HIDDEN.test(name)) return "has a character that does not show";
    if (name.trim() !== name) return "begins or ends with a blank";
    if (name.normalize("NFC") !== name) return "is not in Unicode normalization form C";
  }
  return isReservedName(name) ? "is reserved" : undefined;
}

/** Whether the name is a reserved one, or folds to one: `Anonymous`, `ＬＯＣＡＬ`. */
export function isReservedName(name: string): boolean {
  return RESERVED_NAMES.some((reserved) => name === reserved || isConfusableWith(name, reserved));
}
