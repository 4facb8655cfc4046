/** Keys that are not the ones that are judged, and that some reader takes for them. */

import { call, type Family, vector } from "../vector.ts";

/** What JSON text to put where a key would stand; `\u` escapes, since some of it must not stand in a text as it is. */
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

interface Place {
  readonly key: string;
  readonly good: string;
  readonly bad: string;
  readonly around: (members: string) => string;
}

const PLACES: readonly Place[] = [
  {
    key: "method",
    good: '"ping"',
    bad: '"tools/call"',
    around: (members) => `{"jsonrpc":"2.0","id":9,${members},"params":{"name":"danger"}}`,
  },
  {
    key: "params",
    good: '{"name":"safe"}',
    bad: '{"name":"danger"}',
    around: (members) => `{"jsonrpc":"2.0","id":9,"method":"tools/call",${members}}`,
  },
  { key: "name", good: '"safe"', bad: '"danger"', around: (members) => call(`{${members}}`) },
  {
    key: "arguments",
    good: '{"amount":1}',
    bad: '{"amount":500}',
    around: (members) => call(`{"name":"pay",${members}}`),
  },
  {
    key: "amount",
    good: "1",
    bad: "500",
    around: (members) => call(`{"name":"pay","arguments":{${members}}}`),
  },
  {
    key: "opts",
    good: '{"amount":1}',
    bad: '{"amount":500}',
    around: (members) => call(`{"name":"order","arguments":{${members}}}`),
  },
];

/** Long s and Kelvin sign: what Go's case folding knows beside ASCII. */
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
  ...PLACES.flatMap(({ key, good, bad, around }) =>
    FOLDINGS.flatMap(([how, fold]) => [
      vector(`${key} ${how}, alone`, around(`"${fold(key)}":${bad}`)),
      vector(`${key} ${how}, last`, around(`"${key}":${good},"${fold(key)}":${bad}`)),
      vector(`${key} ${how}, first`, around(`"${fold(key)}":${bad},"${key}":${good}`)),
    ]),
  ),
];
