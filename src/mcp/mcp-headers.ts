/** Compares the HTTP headers that repeat parts of a message with the message (SEP-2243). */

import { Buffer, isUtf8 } from "node:buffer";

import { JsonNumber, isJsonObject } from "../json/json.ts";
import type { Json, JsonObject } from "../json/json.ts";
import type { Message } from "./message.ts";

/** A message with a method. */
export type RequestOrNotification = Exclude<Message, { kind: "response" }>;

/** Trimmed values by header name in lower case. */
export type HeaderValues = Readonly<Record<string, readonly string[] | undefined>>;

/** A request with headers. They are read only when they matter, since Node builds the list on first access. */
export interface HeaderSource {
  readonly headersDistinct: HeaderValues;
}

/** The member of `params` that the header `Mcp-Name` repeats, by method (SEP-2243; SEP-2663 for tasks). */
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
/** Deeper declarations in a schema are ignored. */
const MAX_SCHEMA_DEPTH = 64;

// Security: also for a message of the legacy era. A server that routes by header would execute what the header names.
/**
 * Finds the first header that contradicts the message, and describes it without its value; undefined when none does.
 * Ignores absent headers, and the version of a legacy message, whose body has none.
 * The tool's `inputSchema` declares which argument each `Mcp-Param-*` repeats; without it the value of any argument will do.
 */
export function headerMismatch(
  message: Message,
  headed: HeaderSource,
  inputSchema?: JsonObject,
): string | undefined {
  if (message.kind === "response") return undefined;
  const headers = headed.headersDistinct;
  return (
    (message.era === "legacy"
      ? undefined
      : valueMismatch(headers, "mcp-protocol-version", message.protocolVersion)) ??
    valueMismatch(headers, "mcp-method", message.method) ??
    nameMismatch(message, headers) ??
    (message.kind === "call" ? paramMismatch(message.args, headers, inputSchema) : undefined)
  );
}

// Security: a header without its part of the message cannot be held against it, so it must not reach the server.
/**
 * Removes the headers that repeat a part that the message does not have: all of them for a response or a request without
 * a message, `Mcp-Name` for a method without a name, `Mcp-Param-*` for all but a tools/call.
 */
export function dropUnmatchedHeaders(headers: Record<string, unknown>, method: string | undefined): void {
  if (method === "tools/call") return;
  if (method === undefined) delete headers["mcp-method"];
  if (method === undefined || !NAME_SOURCES.has(method)) delete headers["mcp-name"];
  for (const name of Object.keys(headers)) if (name.startsWith(PARAM_PREFIX)) delete headers[name];
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
  // Servers ignore a header whose argument is absent or null.
  return value === undefined || value === null || equalsHeader(value, decoded);
}

/** Whether any argument has the value of the header. */
function hasMatchingValue(object: JsonObject, decoded: string): boolean {
  for (const value of object.values()) {
    if (isJsonObject(value) ? hasMatchingValue(value, decoded) : equalsHeader(value, decoded)) return true;
  }
  return false;
}

/** Compares numbers by value (`42.0` is 42) as far as a double is exact, and everything else as text. */
function equalsHeader(value: Json, decoded: string): boolean {
  if (typeof value === "boolean") return decoded === String(value);
  if (!(value instanceof JsonNumber)) return decoded === value;
  if (decoded === value.token) return true;
  const number = Number(value.token);
  return DECIMAL.test(decoded) && Math.abs(number) <= Number.MAX_SAFE_INTEGER && Number(decoded) === number;
}

/** The arguments that a schema declares as headers: their paths by the lower-case name after `mcp-param-`. */
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

/** The single value with `=?base64?...?=` decoded; undefined for several values and for invalid Base64 or UTF-8. */
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
