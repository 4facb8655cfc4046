/** Reads one line of a stdio server: the members by which the bridge finds the request that the message belongs to. */

import { isUtf8 } from "node:buffer";
import { isJsonObject, type Json, JsonNumber, type JsonObject } from "../../../json/json.ts";
import { readJson } from "../../../json/read-json.ts";
import { SUBSCRIPTION_ID_KEY } from "../../../mcp/message.ts";

export interface ChildMessage {
  /** The message on one line, its tokens as they were written. */
  readonly text: string;
  /** Absent for a notification, and for an error whose id is null. */
  readonly id?: string;
  /** Absent on a response. */
  readonly method?: string;
  /** `error.code` of an error response. */
  readonly errorCode?: number;
  /** `params.progressToken` of `notifications/progress`. */
  readonly progressToken?: string;
  /** The id of the `subscriptions/listen` request that it belongs to. */
  readonly subscriptionId?: string;
}

/** Higher than for a client's message: the line is bounded in bytes already. */
const BOUNDS = { maxDepth: 256, maxNodes: 4_000_000, maxKeys: 4_000_000, maxNumberLength: 1_024 };

/** Undefined when the line is no single JSON-RPC message, or JSON that two parsers could read differently. */
export function readChildMessage(line: Buffer): ChildMessage | undefined {
  if (!isUtf8(line)) return undefined;
  const read = readJson(line.toString("utf8"), BOUNDS);
  if (!read.ok || !isJsonObject(read.value) || read.value.get("jsonrpc") !== "2.0") return undefined;
  const { value: message, minified: text } = read;
  const method = message.get("method");
  const isResponse = message.has("result") || message.has("error");
  if (isResponse === message.has("method") || (!isResponse && typeof method !== "string")) return undefined;
  const id = idToken(message.get("id"));
  const base = { text, ...(id !== undefined && { id }) };
  return typeof method === "string"
    ? { ...base, method, ...correlationOf(method, asObject(message.get("params"))) }
    : { ...base, ...errorCodeOf(asObject(message.get("error"))) };
}

type Correlation = Pick<ChildMessage, "progressToken" | "subscriptionId">;

function correlationOf(method: string, params: JsonObject | undefined): Correlation {
  if (method === "notifications/progress") {
    const progressToken = idToken(params?.get("progressToken"));
    return progressToken === undefined ? {} : { progressToken };
  }
  const subscriptionId = idToken(asObject(params?.get("_meta"))?.get(SUBSCRIPTION_ID_KEY));
  return subscriptionId === undefined ? {} : { subscriptionId };
}

function errorCodeOf(error: JsonObject | undefined): Pick<ChildMessage, "errorCode"> {
  const code = error?.get("code");
  return code instanceof JsonNumber ? { errorCode: Number(code.token) } : {};
}

/** One token for each value: a server may respond with `7.0` to the id 7. */
function idToken(value: Json | undefined): string | undefined {
  if (typeof value === "string") return JSON.stringify(value);
  return value instanceof JsonNumber ? String(Number(value.token)) : undefined;
}

function asObject(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}
