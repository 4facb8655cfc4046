/** Tokens of RFC 8259 in bytes: where each ends. */

import { overflowsDouble } from "../json-token.ts";

const NONE = -1;
const [MINUS, PLUS, POINT, ZERO, NINE] = [0x2d, 0x2b, 0x2e, 0x30, 0x39] as const;
const LETTER_U = 0x75;
const LITERALS = ["true", "false", "null"].map((word) => Buffer.from(word));
/** By byte: whether it may follow a backslash. */
const SHORT_ESCAPES = new Uint8Array(256);
for (const code of Buffer.from('"\\/bfnrt')) SHORT_ESCAPES[code] = 1;

/** Index after the literal that begins at `from`; -1 when none does. */
export function literalEnd(bytes: Uint8Array, from: number): number {
  const literal = LITERALS.find((word) => word[0] === bytes[from]);
  if (literal === undefined) return NONE;
  const end = from + literal.length;
  return areBytes(bytes, { start: from, end }, literal) ? end : NONE;
}

/** Index after the number that begins at `from`; -1 when none does, or when it is too long or too great for a double. */
export function numberEnd(bytes: Uint8Array, from: number, maxLength: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  at = bytes[at] === ZERO ? at + 1 : digitsEnd(bytes, at);
  if (at !== NONE && bytes[at] === POINT) at = digitsEnd(bytes, at + 1);
  if (at === NONE) return NONE;
  const mark = bytes[at];
  if (mark === 0x65 || mark === 0x45) {
    const sign = bytes[at + 1];
    at = digitsEnd(bytes, sign === MINUS || sign === PLUS ? at + 2 : at + 1);
    if (at === NONE) return NONE;
    if (at - from <= maxLength && overflowsDouble(latin1Text(bytes, from, at))) return NONE;
  }
  return at - from > maxLength ? NONE : at;
}

/** Index after the escape that begins at a backslash; -1 when RFC 8259 does not define it. */
export function escapeEnd(bytes: Uint8Array, at: number): number {
  const code = bytes[at + 1] ?? 0;
  if (code !== LETTER_U) return SHORT_ESCAPES[code] === 1 ? at + 2 : NONE;
  for (let digit = at + 2; digit < at + 6; digit += 1) if (!isHexDigit(bytes[digit] ?? 0)) return NONE;
  return at + 6;
}

/** Whether an escape that RFC 8259 defines is that of a surrogate. */
export function isSurrogate(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 1] !== LETTER_U || (Number(bytes[at + 2]) | 0x20) !== 0x64) return false;
  return Number(bytes[at + 3]) > 0x37;
}

/** One character for each byte, so that other bytes make another text. */
export function latin1Text({ buffer, byteOffset }: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer, byteOffset + start, end - start).toString("latin1");
}

/** Whether the bytes between two offsets are these. */
export function areBytes(
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  wanted: Uint8Array | undefined,
): boolean {
  if (end - start !== wanted?.length) return false;
  for (let index = 0; index < wanted.length; index += 1) {
    if (bytes[start + index] !== wanted[index]) return false;
  }
  return true;
}

function digitsEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at] ?? 0)) at += 1;
  return at === from ? NONE : at;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function isHexDigit(code: number): boolean {
  const lower = code | 0x20;
  return isDigit(code) || (lower >= 0x61 && lower <= 0x66);
}
