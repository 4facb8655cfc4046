/** Whether the HTTP headers that repeat parts of a modern message say what the message says. */

import { Buffer, isUtf8 } from "node:buffer";

import { JsonNumber, isJsonObject } from "../json/json.ts";
import type { Json, JsonObject } from "../json/json.ts";
import type { Message } from "./message.ts";

/** A message with a method. */
export type RequestOrNotification = Exclude<Message, { kind: "response" }>;

/** Values without the blanks around them, by header name in lower case. */
export type HeaderValues = Readonly<Record<string, readonly string[] | undefined>>;

/** What a message came with; the headers are looked at only where they count, since Node makes this list when it is asked for. */
export interface HeaderSource {
  readonly headersDistinct: HeaderValues;
}

/** Which member of `params` the header `Mcp-Name` repeats, by method (SEP-2243; SEP-2663 for tasks). */
export const NAME_SOURCES: ReadonlyMap<string, string> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["tasks/get", "taskId"],
  ["tasks/update", "taskId"],
  ["tasks/cancel", "taskId"],
]);

export const PARAM_PREFIX = "mcp-param-";
const SENTINEL = /^=\?base64\?(.*)\?=$/s;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const DECIMAL = /^-?\d+(?:\.\d+)?$/;
/** Schemas nest without bound, and so do the declarations in them. */
const MAX_SCHEMA_DEPTH = 64;

/**
 * The first header that contradicts a modern message, as a sentence without any value; undefined when none does.
 * Only headers that are present count, and none counts on a legacy message.
 * `inputSchema` of the called tool says which argument each `Mcp-Param-*` repeats; without it any argument may be it.
 */
export function headerMismatch(
  message: Message,
  headed: HeaderSource,
  inputSchema?: JsonObject,
): string | undefined {
  if (message.kind === "response" || message.era === "legacy") return undefined;
  const headers = headed.headersDistinct;
  return (
    valueMismatch(headers, "mcp-protocol-version", message.protocolVersion) ??
    valueMismatch(headers, "mcp-method", message.method) ??
    nameMismatch(message, headers) ??
    (message.kind === "call" ? paramMismatch(message.args, headers, inputSchema) : undefined)
  );
}

function valueMismatch(
  headers: HeaderValues,
  header: string,
  expected: string | undefined,
): string | undefined {
  const values = headers[header];
  if (values === undefined || (values.length === 1 && values[0] === expected)) return undefined;
  return mismatch(header);
}

function nameMismatch(message: RequestOrNotification, headers: HeaderValues): string | undefined {
  const values = headers["mcp-name"];
  const source = NAME_SOURCES.get(message.method);
  if (values === undefined || source === undefined) return undefined;
  const decoded = decodedValue(values);
  return decoded !== undefined && decoded === message.params?.get(source) ? undefined : mismatch("mcp-name");
}

function paramMismatch(
  args: JsonObject,
  headers: HeaderValues,
  schema: JsonObject | undefined,
): string | undefined {
  let declared: ReadonlyMap<string, readonly string[]> | undefined;
  for (const header of Object.keys(headers)) {
    if (!header.startsWith(PARAM_PREFIX)) continue;
    declared ??= schema === undefined ? new Map() : declaredPaths(schema);
    const decoded = decodedValue(headers[header] ?? []);
    const path = declared.get(header.slice(PARAM_PREFIX.length));
    if (decoded === undefined || !matchesArguments(decoded, args, path)) return mismatch("mcp-param-*");
  }
  return undefined;
}

function matchesArguments(decoded: string, args: JsonObject, path: readonly string[] | undefined): boolean {
  if (path === undefined) return hasMatchingValue(args, decoded);
  const value = path.reduce<Json | undefined>(
    (node, name) => (isJsonObject(node) ? node.get(name) : undefined),
    args,
  );
  // Servers do not look at a header whose argument is absent or null.
  return value === undefined || value === null || equalsHeader(value, decoded);
}

/** Whether some argument could be what the header repeats: necessary without a schema, though not sufficient. */
function hasMatchingValue(object: JsonObject, decoded: string): boolean {
  for (const value of object.values()) {
    if (isJsonObject(value) ? hasMatchingValue(value, decoded) : equalsHeader(value, decoded)) return true;
  }
  return false;
}

/** Numbers as numbers (`42.0` is 42) as far as a double holds them; all else as text. */
function equalsHeader(value: Json, decoded: string): boolean {
  if (typeof value === "boolean") return decoded === String(value);
  if (!(value instanceof JsonNumber)) return decoded === value;
  if (decoded === value.token) return true;
  const number = Number(value.token);
  return DECIMAL.test(decoded) && Math.abs(number) <= Number.MAX_SAFE_INTEGER && Number(decoded) === number;
}

/** Paths of the arguments that a schema declares as headers, by what follows `mcp-param-`, in lower case. */
export function declaredPaths(schema: JsonObject): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, readonly string[]>();
  const visit = (node: Json, path: readonly string[]): void => {
    if (!isJsonObject(node) || path.length > MAX_SCHEMA_DEPTH) return;
    const header = node.get("x-mcp-header");
    if (typeof header === "string" && path.length > 0) paths.set(header.toLowerCase(), path);
    const properties = node.get("properties");
    if (!isJsonObject(properties)) return;
    for (const [name, child] of properties) visit(child, [...path, name]);
  };
  visit(schema, []);
  return paths;
}

/** The one value, with `=?base64?...?=` undone; undefined when there are several or it cannot be undone. */
function decodedValue(values: readonly string[]): string | undefined {
  const [value] = values;
  if (value === undefined || values.length > 1) return undefined;
  const encoded = SENTINEL.exec(value)?.[1];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, "base64");
  return BASE64.test(encoded) && isUtf8(bytes) ? bytes.toString("utf8") : undefined;
}

function mismatch(header: string): string {
  return `the header ${header} does not agree with the message`;
}
