/** `_meta`, tasks and retries: a call is judged as a call, whatever members are beside it. */

import { call, type Family, harmless, vector } from "../vector.ts";

const VERSION = '"io.modelcontextprotocol/protocolVersion"';
const CLIENT = '"io.modelcontextprotocol/clientInfo":{"name":"bypass","version":"1"}';
const MODERN = `${VERSION}:"2026-07-28",${CLIENT},"io.modelcontextprotocol/clientCapabilities":{}`;

const METAS: readonly [string, string][] = [
  ["modern", `{${MODERN}}`],
  ["of a later era", `{${VERSION}:"2099-01-01"}`],
  ["of an older era", `{${VERSION}:"2024-11-05"}`],
  ["with a version that is none", `{${VERSION}:"zzzz"}`],
  ["with an empty version", `{${VERSION}:""}`],
  ["with a number for a version", `{${VERSION}:20260728}`],
  ["with a list for a version", `{${VERSION}:["2026-07-28"]}`],
  ["with a version in capitals", '{"IO.MODELCONTEXTPROTOCOL/PROTOCOLVERSION":"2026-07-28"}'],
  ["with a version and its look-alike", `{${MODERN},"io.modelcontextprotocol/protocolversion":"2024-11-05"}`],
  ["in a list", `[{${MODERN}}]`],
  ["in a text", JSON.stringify(`{${MODERN}}`)],
  ["that is null", "null"],
  ["that is a number", "1"],
  ["with a progress token", '{"progressToken":9}'],
  ["with a look-alike of the progress token", '{"ProgressToken":9}'],
  ["with another name inside", '{"name":"safe","arguments":{}}'],
  ["that names a related task", '{"io.modelcontextprotocol/related-task":{"taskId":"t"}}'],
  ["with __proto__", '{"__proto__":{"name":"safe"}}'],
  ["with a decision of ours", '{"dev.tollgate/decision":{"effect":"allow"}}'],
];

const BESIDES: readonly [string, string][] = [
  ["inputResponses", '"inputResponses":{}'],
  ["inputResponses and requestState", '"inputResponses":{"a":{"action":"accept"}},"requestState":"x"'],
  ["requestState", '"requestState":"x"'],
  ["requestState that is an object", '"requestState":{"approved":true}'],
  ["a task", '"task":{"ttl":1000}'],
  ["a task that is null", '"task":null'],
  ["a task that is true", '"task":true'],
  ["a taskId", '"taskId":"t"'],
  ["a task and a retry", '"task":{},"inputResponses":{},"requestState":"x"'],
  ["a uri", '"uri":"file:///x"'],
  ["an approval", '"approved":true,"approval":"a"'],
  ["INPUTRESPONSES", '"INPUTRESPONSES":{}'],
  ["Task", '"Task":{}'],
  ["_META", `"_META":{${MODERN}}`],
];

export const META: Family = [
  ...METAS.map(([name, meta]) =>
    vector(`_meta ${name}`, call(`{"name":"danger","arguments":{},"_meta":${meta}}`)),
  ),
  ...METAS.map(([name, meta]) =>
    vector(`_meta first, ${name}`, call(`{"_meta":${meta},"name":"pay","arguments":{"amount":500}}`)),
  ),
  ...BESIDES.map(([name, beside]) =>
    vector(`beside it ${name}`, call(`{"name":"danger","arguments":{},${beside}}`)),
  ),
  ...BESIDES.map(([name, beside]) =>
    vector(
      `modern, beside it ${name}`,
      call(`{"name":"danger","arguments":{},${beside},"_meta":{${MODERN}}}`),
    ),
  ),
  harmless(
    "a task that nobody has",
    '{"jsonrpc":"2.0","id":9,"method":"tasks/result","params":{"taskId":"danger"}}',
  ),
  vector(
    "a task whose id is no text",
    '{"jsonrpc":"2.0","id":9,"method":"tasks/result","params":{"taskId":["t"]}}',
  ),
];
