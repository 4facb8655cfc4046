/** What a stdio server wrote on one line, as far as the bridge must know it to find who it is for. */

import { isUtf8 } from "node:buffer";
import { isJsonObject, type Json, JsonNumber, type JsonObject } from "../../../json/json.ts";
import { readJson } from "../../../json/read-json.ts";
import { SUBSCRIPTION_ID_KEY } from "../../../mcp/message.ts";

export interface ChildMessage {
  /** The message on one line, its tokens as they were written. */
  readonly text: string;
  /** Absent when it has none, or null: a notification, or an error that answers nothing. */
  readonly id?: string;
  /** Absent on an answer. */
  readonly method?: string;
  /** `error.code` of an answer. */
  readonly errorCode?: number;
  /** `params.progressToken` of a notification about progress. */
  readonly progressToken?: string;
  /** Which `subscriptions/listen` it belongs to. */
  readonly subscriptionId?: string;
}

/** Deeper and larger than a client's message may be: it is the server's, and its line has a bound in bytes. */
const BOUNDS = { maxDepth: 256, maxNodes: 4_000_000, maxKeys: 4_000_000, maxNumberLength: 1_024 };

/** Undefined when the line is no message: a banner, garbage, an array, JSON that parsers read differently. */
export function readChildMessage(line: Buffer): ChildMessage | undefined {
  if (!isUtf8(line)) return undefined;
  const read = readJson(line.toString("utf8"), BOUNDS);
  if (!read.ok || !isJsonObject(read.value) || read.value.get("jsonrpc") !== "2.0") return undefined;
  const { value: message, minified: text } = read;
  const method = message.get("method");
  const isAnswer = message.has("result") || message.has("error");
  if (isAnswer === message.has("method") || (!isAnswer && typeof method !== "string")) return undefined;
  const id = idOf(message.get("id"));
  const named = { text, ...(id !== undefined && { id }) };
  return typeof method === "string"
    ? { ...named, method, ...correlationOf(method, objectOf(message.get("params"))) }
    : { ...named, ...codeOf(objectOf(message.get("error"))) };
}

type Correlation = Pick<ChildMessage, "progressToken" | "subscriptionId">;

function correlationOf(method: string, params: JsonObject | undefined): Correlation {
  if (method === "notifications/progress") {
    const progressToken = idOf(params?.get("progressToken"));
    return progressToken === undefined ? {} : { progressToken };
  }
  const subscriptionId = idOf(objectOf(params?.get("_meta"))?.get(SUBSCRIPTION_ID_KEY));
  return subscriptionId === undefined ? {} : { subscriptionId };
}

function codeOf(error: JsonObject | undefined): Pick<ChildMessage, "errorCode"> {
  const code = error?.get("code");
  return code instanceof JsonNumber ? { errorCode: Number(code.token) } : {};
}

/** One token per meaning: servers may answer `7.0` to 7. */
function idOf(value: Json | undefined): string | undefined {
  if (typeof value === "string") return JSON.stringify(value);
  return value instanceof JsonNumber ? String(Number(value.token)) : undefined;
}

function objectOf(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}
