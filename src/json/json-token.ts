/** Characters and tokens of RFC 8259, shared by the readers of JSON text. */

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const LETTER_U = 0x75;
const SHORT_ESCAPES: ReadonlySet<number> = new Set(Array.from('"\\/bfnrt', (letter) => letter.charCodeAt(0)));

/** Whether the character may stand between tokens: space, line feed, carriage return or tab. */
export function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Index after the number that begins at `from`; -1 when no number begins there. */
export function numberEnd(text: string, from: number): number {
  let at = text.charCodeAt(from) === MINUS ? from + 1 : from;
  at = text.charCodeAt(at) === ZERO ? at + 1 : digitsEnd(text, at);
  if (at !== -1 && text.charCodeAt(at) === POINT) at = digitsEnd(text, at + 1);
  if (at === -1) return -1;
  const mark = text.charCodeAt(at);
  if (mark !== 0x65 && mark !== 0x45) return at;
  const sign = text.charCodeAt(at + 1);
  return digitsEnd(text, sign === MINUS || sign === PLUS ? at + 2 : at + 1);
}

/** Whether a double would round the number to infinity. */
export function overflowsDouble(token: string): boolean {
  // Other tokens are too small, since the greatest double has 309 digits: spare them the conversion.
  const isCandidate = token.includes("e") || token.includes("E") || token.length > 308;
  return isCandidate && !Number.isFinite(Number(token));
}

/** Length of the escape that begins at a backslash; 0 when RFC 8259 does not define it. */
export function escapeLength(text: string, at: number): number {
  const code = text.charCodeAt(at + 1);
  if (code !== LETTER_U) return SHORT_ESCAPES.has(code) ? 2 : 0;
  for (let digit = at + 2; digit < at + 6; digit += 1) {
    if (!isHexDigit(text.charCodeAt(digit))) return 0;
  }
  return 6;
}

/** Index after one or more digits; -1 when there is no digit. */
function digitsEnd(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at === from ? -1 : at;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}
