/** The bytes of scalars in JSON, and of words that some servers write in their place, as NaN is. */

import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, isWhitespace } from "./json-token.ts";

export function isScalarStart(byte: number): boolean {
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39) || byte === 0x74 || byte === 0x66 || byte === 0x6e;
}

/** Digits end numbers; `e` and `l` end the words of JSON. */
export function isScalarEnd(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x65 || byte === 0x6c;
}

export function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

export function isInScalar(byte: number): boolean {
  return byte !== COMMA && byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET && !isWhitespace(byte);
}
