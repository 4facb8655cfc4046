/** Nesting and size that make one reader give up while another goes on. */

import { call, callOf, DANGER, type Family, vector } from "../vector.ts";

const DEPTHS = [65, 100, 513, 1_000, 10_001, 100_000, 1_000_000];

export const DEPTH: Family = [
  ...DEPTHS.flatMap((depth) => [
    vector(
      `lists ${depth} deep in the arguments`,
      callOf("danger", `{"x":${"[".repeat(depth)}${"]".repeat(depth)}}`),
    ),
    vector(`a denied call ${depth} lists deep`, "[".repeat(depth) + DANGER + "]".repeat(depth)),
    vector(`${depth} lists that never end`, "[".repeat(depth)),
  ]),
  ...[65, 1_000, 100_000].flatMap((depth) => [
    vector(
      `objects ${depth} deep in the arguments`,
      callOf("danger", `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`),
    ),
    vector(
      `objects ${depth} deep in _meta`,
      call(`{"name":"danger","_meta":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`),
    ),
  ]),
  vector(
    "100,001 names",
    callOf("danger", `{${Array.from({ length: 100_001 }, (_, at) => `"${at}":0`).join(",")}}`),
  ),
  vector("200,001 values", callOf("danger", `{"x":[${"0,".repeat(200_000)}0]}`)),
  vector("a name of a million", callOf("danger", `{"${"n".repeat(1_000_000)}":1}`)),
  vector("a look-alike with a million blanks", callOf("pay", `{"amount${"\\u200b".repeat(150_000)}":500}`)),
];
