/** Lone surrogates: one server refuses them, another reads U+FFFD, a third keeps them. */

import { call, callOf, envelope, type Family, vector } from "../vector.ts";

const LONE = [
  "\\ud800",
  "\\udc00",
  "\\udbff",
  "\\udfff",
  "\\ude00\\ud83d",
  "\\ud83d\\ud83d",
  "\\uD83D\\u0041",
];

export const SURROGATES: Family = LONE.flatMap((lone) => [
  vector(`${lone} in the name`, callOf(`danger${lone}`)),
  vector(`${lone} in a value of a denied call`, callOf("danger", `{"x":"${lone}"}`)),
  vector(`${lone} in a key of the arguments`, callOf("pay", `{"amount":500,"${lone}":1}`)),
  vector(`${lone} after the key amount`, callOf("pay", `{"amount":1,"amount${lone}":500}`)),
  vector(`${lone} in a key of params`, call(`{"name":"danger","${lone}":1}`)),
  vector(
    `${lone} in the id`,
    `{"jsonrpc":"2.0","id":"${lone}","method":"tools/call","params":{"name":"danger"}}`,
  ),
  vector(`${lone} in the method`, envelope(`"method":"tools/call${lone}","params":{"name":"danger"}`)),
]);
