/** Finds names that a server may read as another name, for example `Amount` as `amount`. */

/** Names that other names must not be confused with, and their folded forms. */
export interface ProtectedNames {
  readonly exact: ReadonlySet<string>;
  readonly folded: ReadonlySet<string>;
}

/** Longer names with characters outside ASCII count as confusable without a comparison; the protocol has none. */
const MAX_FOLDED_LENGTH = 64;
/** Characters that parsers and displays drop: controls, blanks, default-ignorable characters, the dot of `İ`. */
const DROPPED = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{White_Space}\u0307]/gu;

/** Prepares names for `isConfusable`. */
export function protectedNames(names: readonly string[]): ProtectedNames {
  return { exact: new Set(names), folded: new Set(names.map(foldName)) };
}

/**
 * Whether a lenient parser could read the name as a protected name that it is not.
 * Folds letter case (as Go's encoding/json does, long s and Kelvin sign included), NUL, zero-width characters and NFKC.
 */
export function isConfusable(name: string, names: ProtectedNames): boolean {
  if (names.exact.has(name)) return false;
  if (isPlain(name)) return names.folded.has(name.toLowerCase());
  if (name.length > MAX_FOLDED_LENGTH) return true;
  return foldsOnto(name, names);
}

/** Whether the name folds onto one of these names that it is not, at any length. */
export function foldsOnto(name: string, names: ProtectedNames): boolean {
  if (names.folded.size === 0 || names.exact.has(name)) return false;
  const end = name.indexOf("\0");
  return names.folded.has(foldName(name)) || (end !== -1 && names.folded.has(foldName(name.slice(0, end))));
}

/** Most code units that fold to one: a base character of two units with its combining marks. */
const MAX_SHRINKAGE = 8;

/** Whether a lenient parser could read the name of an argument as `wanted`. Takes time linear in the name's length. */
export function isConfusableWith(name: string, wanted: string): boolean {
  if (name === wanted) return false;
  const isWantedPlain = isPlain(wanted);
  if (isWantedPlain && name.length !== wanted.length && isPlain(name)) return false;
  const folded = isWantedPlain ? wanted.toLowerCase() : foldName(wanted);
  if (isPlain(name)) return name.toLowerCase() === folded;
  const end = name.indexOf("\0");
  return foldsTo(name, folded) || (end !== -1 && foldsTo(name.slice(0, end), folded));
}

/** Whether the name has only characters of ASCII that show. A loop takes a third of the time of a regular expression. */
function isPlain(name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    const unit = name.charCodeAt(index);
    if (unit < 0x21 || unit > 0x7e) return false;
  }
  return true;
}

function foldsTo(name: string, folded: string): boolean {
  const kept = name.replace(DROPPED, "");
  // Normalization is not linear. A much longer name cannot fold to this one.
  return kept.length <= MAX_SHRINKAGE * (folded.length + 1) && foldName(kept) === folded;
}

/** The form of a name that lenient parsers compare. Folds to upper case first, which maps `ſ` to `S` and `ı` to `I`. */
export function foldName(name: string): string {
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC").replace(DROPPED, "");
}
