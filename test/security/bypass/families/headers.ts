/** Headers of the modern era that contradict the body; bodies in chunks, and with other media types. */

import { call, DANGER, type Family, httpOnly, SAFE, vector, type Vector } from "../vector.ts";

function modern(tool: string, args = "{}"): string {
  const meta =
    '{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"b","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}';
  return call(`{"name":"${tool}","arguments":${args},"_meta":${meta}}`);
}

function base64(text: string): string {
  return `=?base64?${Buffer.from(text).toString("base64")}?=`;
}

const BASE = {
  "content-type": "application/json",
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": "tools/call",
};

const NAMES: readonly (string | readonly string[])[] = [
  "safe",
  "danger",
  "Danger",
  "",
  "safe, danger",
  ["danger", "safe"],
  ["danger", "danger"],
  base64("danger"),
  base64("safe"),
  "=?base64?ZGFuZ2Vy?",
  "=?BASE64?ZGFuZ2Vy?=",
  "=?base64?ZGFuZ2Vy=?=",
  "=?base64??=",
  "=?base64?!!!!?=",
  "=?utf-8?b?ZGFuZ2Vy?=",
  `${base64("dan")}${base64("ger")}`,
  base64(base64("danger")),
  "=?base64?/w==?=",
];

/** The body is harmless, the header names the guarded tool: a server may route by it. */
const CONTRADICTIONS: readonly [string, Vector["headers"]][] = [
  ["Mcp-Name danger", { "mcp-name": "danger" }],
  ["Mcp-Name danger in base64", { "mcp-name": base64("danger") }],
  ["Mcp-Name twice", { "mcp-name": ["safe", "danger"] }],
  ["Mcp-Method ping", { "mcp-name": "safe", "mcp-method": "ping" }],
  ["Mcp-Method in capitals", { "mcp-name": "safe", "mcp-method": "TOOLS/CALL" }],
  ["an older version", { "mcp-name": "safe", "mcp-protocol-version": "2025-11-25" }],
  ["two versions", { "mcp-name": "safe", "mcp-protocol-version": ["2026-07-28", "2025-11-25"] }],
  ["a parameter that no argument has", { "mcp-name": "safe", "mcp-param-amount": "500" }],
  ["Mcp_Name", { "mcp-name": "safe", mcp_name: "danger" }],
];

/** The same on a message of the older era, where a server may route by them all the same. */
const LEGACY_CONTRADICTIONS: Readonly<Record<string, NonNullable<Vector["headers"]>>> = {
  "Mcp-Name danger": { "mcp-name": "danger" },
  "Mcp-Name danger in base64": { "mcp-name": base64("danger") },
  "Mcp-Method and Mcp-Name": { "mcp-method": "tools/call", "mcp-name": "danger" },
  "Mcp-Method ping": { "mcp-method": "ping" },
  "the version of the newer era": { "mcp-protocol-version": "2026-07-28", "mcp-name": "danger" },
  "a parameter": { "mcp-param-amount": "500" },
};

const TYPES = [
  "text/plain",
  "text/json",
  "application/json-seq",
  "application/jsonrequest",
  "application/json5",
  "application/x-ndjson",
  "application/vnd.api+json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=b",
  "application/json; charset=utf-16",
  'application/json; charset="utf-16"',
  "application/json; charset=utf-8; charset=utf-16",
  "application/json; boundary=b",
  "application/json, text/plain",
  "application/octet-stream",
  "application/graphql",
  "application/xml",
  "*/*",
  "application/*",
  "",
];

const ACCEPTED_TYPES = [
  "application/json",
  "APPLICATION/JSON",
  "application/json; charset=utf-8",
  'application/json; charset="UTF-8"',
  "application/json ;charset=utf-8",
  "application/json;charset=utf8",
  "application/json;",
];

const WIDE = call('{"name":"danger","arguments":{"x":"é€😀"}}');
const SPLITS = [1, 2, 10, 40, 41, 42, 60, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95];

export const HEADERS: Family = [
  ...NAMES.map((name) =>
    httpOnly(`danger as Mcp-Name ${JSON.stringify(name)}`, modern("danger"), { ...BASE, "mcp-name": name }),
  ),
  ...CONTRADICTIONS.map(([name, headers]) =>
    httpOnly(`safe with ${name}`, modern("safe"), { ...BASE, ...headers }),
  ),
  httpOnly("danger without headers", modern("danger")),
  httpOnly("danger of the older era with headers of the newer", DANGER, { ...BASE, "mcp-name": "safe" }),
  ...Object.entries(LEGACY_CONTRADICTIONS).map(([name, headers]) =>
    httpOnly(`safe of the older era with ${name}`, SAFE, { "content-type": "application/json", ...headers }),
  ),
  httpOnly("500 with a parameter of 1", modern("pay", '{"amount":500}'), {
    ...BASE,
    "mcp-name": "pay",
    "mcp-param-amount": "1",
  }),
  httpOnly("1 with a parameter of 500", modern("pay", '{"amount":1}'), {
    ...BASE,
    "mcp-name": "pay",
    "mcp-param-amount": "500",
  }),
  ...TYPES.map((type) => httpOnly(`Content-Type ${type}`, SAFE, { "content-type": type })),
  ...ACCEPTED_TYPES.map((type) => httpOnly(`Content-Type ${type}`, DANGER, { "content-type": type })),
  httpOnly("a form", `message=${encodeURIComponent(DANGER)}`, {
    "content-type": "application/x-www-form-urlencoded",
  }),
  ...SPLITS.map((at) => vector(`split after ${at}`, WIDE, { chunks: [at], isHttpOnly: true })),
  vector("byte by byte", WIDE, {
    chunks: Array.from({ length: Buffer.byteLength(WIDE) - 1 }, () => 1),
    isHttpOnly: true,
  }),
  ...["X-HTTP-Method-Override", "X-Original-URL", "X-Forwarded-Host"].map((header) =>
    httpOnly(`danger with ${header}`, DANGER, { "content-type": "application/json", [header]: "/mcp" }),
  ),
];
