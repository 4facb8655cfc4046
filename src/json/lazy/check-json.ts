/** Checks the bytes of a JSON text in one pass, without values and without recursion, and finds one object in it. */

import { type ScanBounds, type Scanned, Scanner } from "./scanner.ts";

export type CheckBounds = ScanBounds;

/** The object at the path in a text that `readJson` accepts too, by offsets in bytes. */
export type CheckedObject = Scanned;

/** A scanner with more memory is not kept for the next text. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

let kept: Scanner | undefined;
let isMissing = false;

// Security: this may refuse what `readJson` accepts, and then that reader is asked; it accepts nothing that `readJson` refuses.
/**
 * Undefined when the text has a fault, an escape in a name, or no object at the path, which is two names; and where WebAssembly is missing. `bytes` must
 * be UTF-8. A text with a byte order mark has a fault.
 */
export function checkJson(
  bytes: Uint8Array,
  bounds: CheckBounds,
  path: readonly [string, string],
): CheckedObject | undefined {
  const scanner = scannerAtHand();
  if (scanner === undefined) return undefined;
  const checked = scanner.scan(bytes, bounds, path);
  if (scanner.size > MAX_KEPT_BYTES) kept = undefined;
  return checked;
}

/** A copy of a text that has been checked, without whitespace between its tokens. */
export function minifyJson(bytes: Uint8Array): Uint8Array {
  return (kept ?? new Scanner()).minify(bytes);
}

function scannerAtHand(): Scanner | undefined {
  if (isMissing) return undefined;
  try {
    kept ??= new Scanner();
  } catch {
    // `node --jitless` has no WebAssembly, and some old processors have no vectors: all texts are read as a whole there.
    isMissing = true;
  }
  return kept;
}
