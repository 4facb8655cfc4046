/** Keys that decide a call, each with a message around them. */

import { call } from "../vector.ts";

export interface KeyPlace {
  readonly key: string;
  /** A value that the policy allows, as JSON. */
  readonly good: string;
  /** A value that the policy denies, as JSON. */
  readonly bad: string;
  /** The message with these members in place of the key. */
  readonly around: (members: string) => string;
}

const [SAFE, DANGER] = ['{"name":"safe"}', '{"name":"danger"}'];
const [SMALL, LARGE] = ['{"amount":1}', '{"amount":500}'];

const place = (
  key: string,
  [good, bad]: readonly [string, string],
  around: (members: string) => string,
): KeyPlace => ({ key, good, bad, around });

export const KEY_PLACES: readonly KeyPlace[] = [
  place(
    "method",
    ['"ping"', '"tools/call"'],
    (members) => `{"jsonrpc":"2.0","id":9,${members},"params":${DANGER}}`,
  ),
  place("params", [SAFE, DANGER], (members) => `{"jsonrpc":"2.0","id":9,"method":"tools/call",${members}}`),
  place("name", ['"safe"', '"danger"'], (members) => call(`{${members},"arguments":{}}`)),
  place("arguments", [SMALL, LARGE], (members) => call(`{"name":"pay",${members}}`)),
  place("amount", ["1", "500"], (members) => call(`{"name":"pay","arguments":{${members}}}`)),
  place("opts", [SMALL, LARGE], (members) => call(`{"name":"order","arguments":{${members}}}`)),
];

/** Places in which only a duplicate is an attack. */
export const DUPLICATE_ONLY_PLACES: readonly KeyPlace[] = [
  place(
    "jsonrpc",
    ['"2.0"', '"1.0"'],
    (members) => `{${members},"id":9,"method":"tools/call","params":${DANGER}}`,
  ),
  place(
    "id",
    ["9", "null"],
    (members) => `{"jsonrpc":"2.0",${members},"method":"tools/call","params":${DANGER}}`,
  ),
  place("amount", ["1", "500"], (members) => call(`{"name":"order","arguments":{"opts":{${members}}}}`)),
];
