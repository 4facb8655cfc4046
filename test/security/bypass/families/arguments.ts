/** Arguments under a condition: values that a server turns into the forbidden one. */

import { callOf, type Family, harmless, vector } from "../vector.ts";

const PATHS = [
  '"/OK"',
  '"/ok/"',
  '"/ok\\u0000"',
  '"/ok\\u0000/etc"',
  '" /ok"',
  '"/ok "',
  '"/ok\\n"',
  '"//ok"',
  '"/./ok"',
  '"/ok/../etc/passwd"',
  '"/etc/passwd"',
  '"\\uff0fok"',
  '["/ok","/etc"]',
  '{"path":"/ok"}',
  "null",
  '""',
  "true",
];

const OPTIONS: readonly [string, string][] = [
  ["500", '{"opts":{"amount":500}}'],
  ["an object in a text", `{"opts":${JSON.stringify('{"amount":500}')}}`],
  ["an object in a text after blanks", `{"opts":${JSON.stringify(' \n{"amount":500}')}}`],
  ["an object in a text, escaped", '{"opts":"\\u007b\\u0022amount\\u0022:500}"}'],
  ["an object in a text, twice in it", `{"opts":${JSON.stringify('{"amount":1,"amount":500}')}}`],
  ["a list in a text", `{"opts":${JSON.stringify('[{"amount":500}]')}}`],
  ["a text", '{"opts":{"amount":"500"}}'],
  ["a list", '{"opts":{"amount":[500]}}'],
  ["another case inside", '{"opts":{"Amount":500}}'],
  ["another case outside", '{"Opts":{"amount":500}}'],
  ["another case in both", '{"OPTS":{"AMOUNT":500}}'],
  ["both cases", '{"opts":{"amount":1},"Opts":{"amount":500}}'],
  ["both cases inside, the guarded one last", '{"opts":{"Amount":500,"amount":1}}'],
];

export const ARGUMENTS: Family = [
  ...PATHS.map((path) => vector(`the path ${path}`, callOf("write", `{"path":${path}}`))),
  vector("no path", callOf("write")),
  vector("no arguments", '{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"write"}}'),
  vector("Path alone", callOf("write", '{"Path":"/ok"}')),
  vector("path and Path", callOf("write", '{"path":"/ok","Path":"/etc"}')),
  vector("Path and path", callOf("write", '{"Path":"/etc","path":"/ok"}')),
  vector("path and path with a NUL", callOf("write", '{"path":"/ok","path\\u0000":"/etc"}')),
  ...OPTIONS.map(([name, args]) => vector(`an order of ${name}`, callOf("order", args))),
  harmless("an order of nothing", callOf("order", '{"opts":null}')),
  harmless("an order of a plain text", callOf("order", '{"opts":"amount=500"}')),
  harmless("an order of 100", callOf("order", '{"opts":{"amount":100}}')),
  harmless("the path that is required", callOf("write", '{"path":"/ok"}')),
  harmless("a name that is merely near", callOf("pay", '{"amount":1,"amounts":500,"amount2":500}')),
];
