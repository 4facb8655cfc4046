/** A key twice in one object: parsers differ in which of the two they believe. */

import { call, escaped, type Family, vector } from "../vector.ts";

/** An object at each depth with a hole for two members of the same name. */
const PLACES: readonly { key: string; good: string; bad: string; around: (members: string) => string }[] = [
  {
    key: "jsonrpc",
    good: '"2.0"',
    bad: '"1.0"',
    around: (members) => `{${members},"id":9,"method":"tools/call","params":{"name":"danger"}}`,
  },
  {
    key: "id",
    good: "9",
    bad: "null",
    around: (members) => `{"jsonrpc":"2.0",${members},"method":"tools/call","params":{"name":"danger"}}`,
  },
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
  {
    key: "name",
    good: '"safe"',
    bad: '"danger"',
    around: (members) => call(`{${members},"arguments":{}}`),
  },
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
  {
    key: "amount",
    good: "1",
    bad: "500",
    around: (members) => call(`{"name":"order","arguments":{"opts":{${members}}}}`),
  },
];

const SPELLINGS: readonly [string, (key: string) => string][] = [
  ["as it is", (key) => key],
  ["its first letter escaped", (key) => escaped(key.slice(0, 1)) + key.slice(1)],
  ["all escaped in capitals", (key) => escaped(key).toUpperCase().replaceAll("\\U", "\\u")],
];

export const DUPLICATE_KEYS: Family = PLACES.flatMap(({ key, good, bad, around }, place) =>
  SPELLINGS.flatMap(([spelling, spell]) =>
    [
      ["first", bad, good],
      ["last", good, bad],
    ].map(([where, one, other]) =>
      vector(
        `${key} twice (place ${place}), ${spelling}, the forbidden one ${where}`,
        around(`"${key}":${one},"${spell(key)}":${other}`),
      ),
    ),
  ),
);
