/** Numbers that parsers read differently, or not at all; and ids. */

import { callOf, type Family, harmless, vector } from "../vector.ts";

const AMOUNTS = [
  "1e400",
  "1E400",

  "500.0",
  "5e2",
  "5E+2",
  "50000e-2",
  "0500",
  "00",
  "01",
  "+500",
  "0x1F4",
  "0o764",
  "0b111110100",
  "500.",
  ".5e3",
  "5.e2",
  "NaN",
  "Infinity",
  "-Infinity",
  "-NaN",
  "nan",
  "1_000",
  "500n",
  "500e",
  "500e+",
  "5٠٠",
  "５００",
  "500f",
  "1,000",
  "9007199254740993",
  "18446744073709551616",
  "-18446744073709551617e400",
  "100.0000000000000000000000001",
  "101e0",
  `5${"0".repeat(70)}`,

  "1e2147483648",
  "1e-2147483649e1",
  "5 00",
  "--500",
  "500-",
  "$500",
];

/** Values of another type than number: `gt` cannot compare them, so the call is denied. */
const NO_NUMBERS = [
  '"500"',
  '"5e2"',
  '" 500 "',
  "[500]",
  '{"amount":500}',
  "true",
  '"NaN"',
  "[[500]]",
  '"0x1f4"',
];

const IDS = [
  "1.0",
  "1e0",
  "-0",
  "9007199254740993",
  "-9007199254740993",
  "1e400",
  "null",
  "true",
  "[]",
  "[9]",
  "{}",
  '""',
  `"${"i".repeat(257)}"`,
  "01",
  "+9",
  "0x9",
  "NaN",
  '"9\\u0000"',
  "9.5",
  "1e-1",
];

export const NUMBERS: Family = [
  ...AMOUNTS.map((amount) => vector(`the amount ${short(amount)}`, callOf("pay", `{"amount":${amount}}`))),
  ...NO_NUMBERS.map((amount) => vector(`the amount ${amount}`, callOf("pay", `{"amount":${amount}}`))),
  ...["100", "1e2", "-0", "0.0", "1e-300", "-9007199254740993"].map((amount) =>
    harmless(`the amount ${amount}`, callOf("pay", `{"amount":${amount}}`)),
  ),
  ...IDS.map((id) =>
    vector(
      `the id ${short(id)}`,
      `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"danger"}}`,
    ),
  ),
  vector("no id", '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"danger"}}'),
];

function short(token: string): string {
  return token.length > 30 ? `${token.slice(0, 30)}… of ${token.length}` : token;
}
