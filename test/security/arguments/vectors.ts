/** Values that servers convert, for each argument of `typed`: types, forms, numbers, names and nesting. */

import { callOf, type Family, harmless, vector } from "../bypass/vector.ts";

const VALUES = [
  ..."true false 0 -0 0.0 1 1.0 1e0 7 7.0 70e-1 7.00000000000000000001 6.99999999999999999999 1e-400 -1e-400 0.4 -0.4 0.6 6.5 7.5 100.5 0e9 500 5e2 101.0 null".split(
    " ",
  ),
  ..."true True TRUE yes on 1 1.0 t y 0 0.0 -0 00 0x0 false 7 7.0 live 500 null"
    .split(" ")
    .map((text) => JSON.stringify(text)),
  '""',
  '" true "',
  '" 0"',
  '"7 "',
  "[]",
  "[true]",
  "[0]",
  "[7]",
  '["7"]',
  "[7.0]",
  "[7.2]",
  "[6.9]",
  "[null]",
  "[1,null,7.5]",
  "[[7]]",
  "[false,true]",
  "[500]",
  '["live"]',
  "{}",
  '{"live":null}',
  '{"amount":500}',
  '{"amount":"500"}',
  '{"amount":[500]}',
  '{"amount":null}',
  '{"amount":5e2}',
  '{"Amount":500}',
  '{"amount":1,"Amount":500}',
  '{"amount":100.00000000000000000001}',
  '{"value":0}',
  '"[7]"',
  JSON.stringify('{"amount":500}'),
  '"{\\"live\\":null}"',
  // Texts that int() of Python, Number() of JavaScript, strconv of Go, or a database reads as a number.
  ..."+0 +7 0_0 7_ 0b0 0o0 0x7 0e0 7e0 70e-1 7. 0n \u0660 \u0667 \uff10 \uff17"
    .split(" ")
    .map((text) => JSON.stringify(text)),
  '"\\u00a00"',
  '"\\n7\\t"',
  '"1e-400"',
  '"-0.4"',
  // Other words for true, and for a name.
  ..."ON Yes Y T TRUE enabled LIVE Live \uff4c\uff49\uff56\uff45 l\u0130ve"
    .split(" ")
    .map((text) => JSON.stringify(text)),
  '"live\\u0000"',
  '"\\u200blive"',
  '"[true]"',
  '"[0]"',
  '"[[7]]"',
  '"\\"true\\""',
  '"\\"0\\""',
  '"\\"live\\""',
  "[[true]]",
  '{"0":7}',
  '{"0":true}',
  '{"item":[7]}',
  '["0"]',
  '["true"]',
  '[{"amount":500}]',
  '[["amount",500]]',
  "[500,null]",
  '{"live":{}}',
  '{"live":[]}',
  '{"type":"live"}',
  '{"AMOUNT":500}',
  '{"amount ":500}',
  '{"amount":1,"AMOUNT":500}',
  '{"AMOUNT":500,"amount":1}',
  '{"amount":{"amount":500}}',
  '{"amount":"5e2"}',
  '{"amount":true}',
  "101",
  "100.0000000000000000001",
  "2",
  "-1",
  "6.9999999999999999",
];

const FIELDS = ["force", "uid", "nums", "detail", "mode"];

/** Each may pass as long as the server does not make the forbidden value of it. */
export const ARGUMENT_VECTORS: Family = FIELDS.flatMap((field) => [
  ...VALUES.map((value) => harmless(`${field} ${value}`, callOf("typed", `{"${field}":${value}}`))),
  ...["true", "0", "[7]", '{"amount":500}', '"live"'].map((value) =>
    harmless(`${field.toUpperCase()} ${value}`, callOf("typed", `{"${field.toUpperCase()}":${value}}`)),
  ),
]);

/** The forbidden values as they are written: each server executes them when no sidecar is in front of it. */
export const FORBIDDEN: Family = ["true", "0", "[1,7]", '{"amount":500}', '"live"'].map((value, index) =>
  vector(`forbidden ${value}`, callOf("typed", `{"${FIELDS[index]}":${value}}`)),
);

/** Plain values that no rule forbids. */
export const PLAIN_VECTORS: Family = [
  "{}",
  '{"force":false}',
  '{"uid":1000}',
  '{"uid":-1}',
  '{"nums":[]}',
  '{"nums":[1,2,77]}',
  '{"detail":{"amount":100}}',
  '{"detail":{"amount":0.1}}',
  '{"mode":"test"}',
  '{"mode":"Live"}',
  '{"force":false,"uid":7,"nums":[70],"detail":{"amount":99.5},"mode":"dry run"}',
].map((args) => harmless(`plain ${args}`, callOf("typed", args)));
