/** Envelopes and params that are not a request, or are several kinds of message at once. */

import { call, callOf, DANGER, envelope, type Family, harmless, vector } from "../vector.ts";

const CALL = '"method":"tools/call","params":{"name":"danger","arguments":{}}';

const HYBRIDS = ['"result":{}', '"error":{"code":1,"message":"m"}', '"result":null', '"error":null'];

const EXTRA_KEYS = [
  "Method",
  "methods",
  "request",
  "batch",
  "headers",
  "auth",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "",
  "0",
  "$ref",
  "@type",
  "_meta",
  "version",
  "name",
  "arguments",
];

const VERSIONS = ['"1.0"', '"2"', '"2.00"', '"2.0 "', "2.0", "2", "null", '["2.0"]', '"２.０"', '"2.1"'];

const PARAMS = [
  '["danger",{}]',
  '[{"name":"danger"}]',
  '"danger"',
  JSON.stringify('{"name":"danger"}'),
  "null",
  "1",
  "true",
  "[]",
];

const ARGUMENTS = [
  JSON.stringify('{"amount":500}'),
  '["amount",500]',
  "[500]",
  '[{"amount":500}]',
  "500",
  '"500"',
  "true",
  "[]",
];

const PROTO = '{"__proto__":{"amount":500}}';

export const ENVELOPES: Family = [
  ...HYBRIDS.map((member) => vector(`a call with ${member}`, envelope(`${CALL},${member}`))),
  ...HYBRIDS.map((member) => vector(`${member} before a call`, `{"jsonrpc":"2.0",${member},"id":9,${CALL}}`)),
  ...EXTRA_KEYS.map((key) =>
    vector(`a call with the key "${key}"`, envelope(`${CALL},"${key}":"tools/call"`)),
  ),
  ...EXTRA_KEYS.map((key) =>
    vector(`a ping with a call in the key "${key}"`, envelope(`"method":"ping","${key}":${DANGER}`)),
  ),
  ...VERSIONS.map((version) => vector(`jsonrpc ${version}`, `{"jsonrpc":${version},"id":9,${CALL}}`)),
  vector("no jsonrpc", `{"id":9,${CALL}}`),
  vector("no method", '{"jsonrpc":"2.0","id":9,"params":{"name":"danger"}}'),
  ...PARAMS.map((params) => vector(`params ${params}`, call(params))),
  ...ARGUMENTS.map((args) => vector(`arguments ${args}`, callOf("pay", args))),
  // Counts as no arguments (decision 0071), to which no condition of the policy applies.
  harmless("arguments null", callOf("pay", "null")),
  vector("a notification of a call", '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"danger"}}'),
  vector("a call with the id null", `{"jsonrpc":"2.0","id":null,${CALL}}`),
  vector(
    "notifications/ with an id",
    envelope('"method":"notifications/tools/call","params":{"name":"danger"}'),
  ),
  harmless(
    "notifications/tools/call",
    '{"jsonrpc":"2.0","method":"notifications/tools/call","params":{"name":"danger"}}',
  ),
  harmless("a call inside a ping", envelope(`"method":"ping","params":{"request":${DANGER}}`)),
  harmless("a call inside a result", `{"jsonrpc":"2.0","id":9,"result":${DANGER}}`),
  harmless(
    "a call inside an error",
    `{"jsonrpc":"2.0","id":9,"error":{"code":1,"message":"m","data":${DANGER}}}`,
  ),
  harmless("__proto__ in the arguments", callOf("pay", PROTO)),
  harmless("__proto__ in params", call('{"name":"safe","__proto__":{"name":"danger"}}')),
  harmless("constructor in params", call('{"name":"safe","constructor":{"prototype":{"name":"danger"}}}')),
  vector("__proto__ beside a denied name", call('{"name":"danger","__proto__":{"name":"safe"}}')),
  ...["", " ", "\n", "null", "true", "1", '"danger"', "{}", "{", "}", '{"jsonrpc":"2.0"}'].map((body) =>
    vector(`the body ${JSON.stringify(body)}`, body),
  ),
];
