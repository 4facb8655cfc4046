/** Names that some server may read as another name: what must not stand beside the names that are judged. */

/** Names that decide something, and their folded forms. */
export interface ProtectedNames {
  readonly exact: ReadonlySet<string>;
  readonly folded: ReadonlySet<string>;
}

/** Longer names with anything but plain ASCII are not worth a comparison: no extension of the protocol has them. */
const MAX_FOLDED_LENGTH = 64;
const PLAIN = /^[!-~]*$/;
/** What parsers and displays drop: controls, blanks, zero-width and other default-ignorable characters, the dot of `İ`. */
const DROPPED = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{White_Space}\u0307]/gu;

export function protectedNames(names: readonly string[]): ProtectedNames {
  return { exact: new Set(names), folded: new Set(names.map(fold)) };
}

/**
 * Whether a lenient reader could take the name for a deciding one that it is not.
 * Case (Go's encoding/json, long s and Kelvin sign included), NUL as an end or as nothing, zero-width, NFKC.
 */
export function isConfusable(name: string, deciding: ProtectedNames): boolean {
  if (deciding.exact.has(name)) return false;
  if (PLAIN.test(name)) return deciding.folded.has(name.toLowerCase());
  if (name.length > MAX_FOLDED_LENGTH) return true;
  if (deciding.folded.has(fold(name))) return true;
  const end = name.indexOf("\0");
  return end !== -1 && deciding.folded.has(fold(name.slice(0, end)));
}

/** Code units that one of a folded name can come from: a base of two with its marks, all composed. */
const MAX_SHRINKAGE = 8;

/** The same for the name of an argument, which may have any length; linear in it. */
export function isConfusableWith(name: string, wanted: string): boolean {
  if (name === wanted) return false;
  const isPlain = PLAIN.test(wanted);
  if (isPlain && name.length !== wanted.length && PLAIN.test(name)) return false;
  const folded = isPlain ? wanted.toLowerCase() : fold(wanted);
  if (PLAIN.test(name)) return name.toLowerCase() === folded;
  const end = name.indexOf("\0");
  return foldsTo(name, folded) || (end !== -1 && foldsTo(name.slice(0, end), folded));
}

function foldsTo(name: string, folded: string): boolean {
  const kept = name.replace(DROPPED, "");
  // Normalizing is not linear, and what is much longer cannot become this name.
  return kept.length <= MAX_SHRINKAGE * (folded.length + 1) && fold(kept) === folded;
}

/** Upper case first: it is what takes `ſ` to `S` and `ı` to `I`. */
function fold(name: string): string {
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC").replace(DROPPED, "");
}
