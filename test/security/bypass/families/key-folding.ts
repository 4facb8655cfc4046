/** Keys that differ from the ones that decide a call, and that some parser treats as equal to them. */

import { call, type Family, vector } from "../vector.ts";
import { KEY_PLACES } from "./key-places.ts";

/** The JSON text in place of a key; with `\u` escapes, since some characters are not allowed unescaped. */
const FOLDINGS: readonly [string, (key: string) => string][] = [
  ["in capitals", (key) => key.toUpperCase()],
  ["with a capital", (key) => key.charAt(0).toUpperCase() + key.slice(1)],
  ["with a capital at the end", (key) => key.slice(0, -1) + key.slice(-1).toUpperCase()],
  ["with a NUL at the end", (key) => `${key}\\u0000`],
  ["with a NUL and more", (key) => `${key}\\u0000x`],
  ["with a NUL inside", (key) => `${key.slice(0, 2)}\\u0000${key.slice(2)}`],
  ["with a zero-width space", (key) => `${key.slice(0, 2)}\\u200b${key.slice(2)}`],
  ["with a word joiner", (key) => `${key}\\u2060`],
  ["with a soft hyphen", (key) => `${key.slice(0, 1)}\\u00ad${key.slice(1)}`],
  ["with a byte order mark", (key) => `\\ufeff${key}`],
  ["with a blank at the end", (key) => `${key} `],
  ["with a tab before it", (key) => `\\t${key}`],
  ["with a no-break space", (key) => `${key}\\u00a0`],
  ["with a variation selector", (key) => `${key}\\ufe0f`],
  ["full-width", (key) => fullWidth(key)],
  ["with one letter full-width", (key) => fullWidth(key.slice(0, 1)) + key.slice(1)],
];

function fullWidth(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0));
}

/** Long s and Kelvin sign, which Go's case folding treats as s and k. */
const UNICODE_CASE: Family = [
  vector(
    "paramſ",
    '{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"safe"},"paramſ":{"name":"danger"}}',
  ),
  vector("argumentſ", call('{"name":"pay","arguments":{"amount":1},"argumentſ":{"amount":500}}')),
  vector("argumentſ alone", call('{"name":"pay","argumentſ":{"amount":500}}')),
  vector("optſ", call('{"name":"order","arguments":{"opts":{"amount":1},"optſ":{"amount":500}}}')),
  vector("taſK", call('{"name":"danger","taſK":{}}')),
  vector("taskId with a Kelvin sign", call('{"name":"danger","tas\u212aId":"x"}')),
  vector("requestſtate", call('{"name":"danger","requestſtate":"x"}')),
];

export const KEY_FOLDING: Family = [
  ...UNICODE_CASE,
  ...KEY_PLACES.flatMap(({ key, good, bad, around }) =>
    FOLDINGS.flatMap(([how, fold]) => [
      vector(`${key} ${how}, alone`, around(`"${fold(key)}":${bad}`)),
      vector(`${key} ${how}, last`, around(`"${key}":${good},"${fold(key)}":${bad}`)),
      vector(`${key} ${how}, first`, around(`"${fold(key)}":${bad},"${key}":${good}`)),
    ]),
  ),
];
