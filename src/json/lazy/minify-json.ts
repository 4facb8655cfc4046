/** Removes whitespace between the tokens of a JSON text that has been checked. */

import { BACKSLASH, isWhitespace, QUOTE } from "../json-token.ts";

/** A copy of the bytes without whitespace between tokens. */
export function minifyJson(bytes: Uint8Array): Uint8Array {
  const kept = new Uint8Array(bytes.length);
  let length = 0;
  let isInString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const code = Number(bytes[at]);
    if (!isInString && isWhitespace(code)) continue;
    kept[length] = code;
    length += 1;
    if (code === QUOTE) isInString = !isInString;
    else if (code === BACKSLASH) {
      at += 1;
      kept[length] = Number(bytes[at]);
      length += 1;
    }
  }
  return kept.subarray(0, length);
}
