/** Names that some server may read as another name: what must not pass beside the names that are judged. */

/** Names that decide something, and their folded forms. */
export interface DecidingNames {
  readonly exact: ReadonlySet<string>;
  readonly folded: ReadonlySet<string>;
}

/** Longer names with anything but plain ASCII are not worth a comparison: no extension of the protocol has them. */
const MAX_FOLDED_LENGTH = 64;
const PLAIN = /^[!-~]*$/;
/** What parsers and displays drop: controls, blanks, zero-width and other default-ignorable characters, the dot of `İ`. */
const DROPPED = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{White_Space}\u0307]/gu;

export function decidingNames(names: readonly string[]): DecidingNames {
  return { exact: new Set(names), folded: new Set(names.map(fold)) };
}

/**
 * Whether a lenient reader could take the name for a deciding one that it is not.
 * Case (Go's encoding/json, long s and Kelvin sign included), NUL as an end or as nothing, zero-width, NFKC.
 */
export function isLookAlike(name: string, deciding: DecidingNames): boolean {
  if (deciding.exact.has(name)) return false;
  if (PLAIN.test(name)) return deciding.folded.has(name.toLowerCase());
  if (name.length > MAX_FOLDED_LENGTH) return true;
  if (deciding.folded.has(fold(name))) return true;
  const end = name.indexOf("\0");
  return end !== -1 && deciding.folded.has(fold(name.slice(0, end)));
}

/** Upper case first: it is what takes `ſ` to `S` and `ı` to `I`. */
function fold(name: string): string {
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC").replace(DROPPED, "");
}
