/** JSON-RPC messages of the client: their kinds, eras and claims. */

import { JsonNumber, isJsonObject } from "../json/json.ts";
import type { Client, Era, TraceContext } from "./vocabulary.ts";
import type { Json, JsonObject } from "../json/json.ts";

export type Message = CallMessage | RelayedMessage;

/** A message that goes upstream without a permit: any but a tools/call. */
export type RelayedMessage = RequestMessage | NotificationMessage | ResponseMessage;

declare const KIND: unique symbol;

/**
 * The parsed tokens of a message on one line; Tollgate forwards these instead of the bytes.
 * Security: parse-message.ts alone makes this type, and `Kind` keeps the text of a tools/call out of any other message.
 */
export type UpstreamText<Kind extends "call" | "request" | "notification" | "response"> = string & {
  readonly [KIND]: Kind;
};

/** The members of every message with a method. */
interface MethodMessage {
  readonly method: string;
  readonly params?: JsonObject | undefined;
  /** `params._meta`. */
  readonly meta?: JsonObject | undefined;
  readonly era: Era;
  /** The revision that the body claims: `_meta` in the modern era, `params.protocolVersion` of an `initialize`. */
  readonly protocolVersion?: string | undefined;
}

/** A tools/call: the message that needs a permit. */
export interface CallMessage extends MethodMessage {
  readonly kind: "call";
  readonly text: UpstreamText<"call">;
  readonly method: "tools/call";
  readonly id: string;
  readonly name: string;
  readonly params: JsonObject;
  /** `params.arguments`; empty when the message has none. */
  readonly args: JsonObject;
  /** The tokens of `params.arguments` as they are forwarded; absent when the message has none. */
  readonly argsText?: string | undefined;
}

export interface RequestMessage extends MethodMessage {
  readonly kind: "request";
  readonly text: UpstreamText<"request">;
  readonly id: string;
}

export interface NotificationMessage extends MethodMessage {
  readonly kind: "notification";
  readonly text: UpstreamText<"notification">;
}

export interface ResponseMessage {
  readonly kind: "response";
  readonly text: UpstreamText<"response">;
  /** `null` on an error that belongs to no request. */
  readonly id: string;
  readonly isError: boolean;
}

export const PROTOCOL_VERSION_KEY = "io.modelcontextprotocol/protocolVersion";
export const CLIENT_INFO_KEY = "io.modelcontextprotocol/clientInfo";
const FIRST_MODERN_VERSION = "2026-07-28";
const MAX_ID_LENGTH = 256;
const MAX_CLIENT_LENGTH = 256;
const INTEGER = /^-?\d+$/;

/** Returns `modern` when the body claims 2026-07-28 or later. Compares versions as text, as the official SDKs do. */
export function eraOf(claimedVersion: string | undefined): Era {
  return claimedVersion !== undefined && claimedVersion >= FIRST_MODERN_VERSION ? "modern" : "legacy";
}

/**
 * Normalises the id of a message or a progress token to one JSON token, such as `7` or `"a"`: equal ids have equal tokens.
 * Undefined unless it is a string of at most 256 characters or a safe integer without fraction or exponent.
 */
export function idToken(value: Json | undefined): string | undefined {
  if (typeof value === "string") return value.length <= MAX_ID_LENGTH ? JSON.stringify(value) : undefined;
  if (!(value instanceof JsonNumber) || !INTEGER.test(value.token) || value.token === "-0") return undefined;
  return Number.isSafeInteger(Number(value.token)) ? value.token : undefined;
}

/** Returns whether two id tokens name one request: some servers answer the request 7 with the id "7". */
export function isSameId(token: string, other: string): boolean {
  return token === other || token === `"${other}"` || other === `"${token}"`;
}

/** Returns the client's claim about itself: `clientInfo` of an `initialize`, or of `_meta` in the modern era. */
export function clientOf(message: Message): Client | undefined {
  if (message.kind === "response") return undefined;
  const info = message.meta?.get(CLIENT_INFO_KEY) ?? initializeInfo(message);
  if (!isJsonObject(info)) return undefined;
  const name = info.get("name");
  const version = info.get("version");
  if (typeof name !== "string") return undefined;
  return { name: truncated(name), version: typeof version === "string" ? truncated(version) : "" };
}

function initializeInfo(message: MethodMessage): Json | undefined {
  return message.method === "initialize" ? message.params?.get("clientInfo") : undefined;
}

function truncated(text: string): string {
  return text.slice(0, MAX_CLIENT_LENGTH).toWellFormed();
}

/** Returns the W3C trace context of `_meta`, unparsed. Its names have no prefix there. */
export function traceContextOf(meta: JsonObject | undefined): TraceContext | undefined {
  const traceparent = meta?.get("traceparent");
  if (typeof traceparent !== "string") return undefined;
  const tracestate = meta?.get("tracestate");
  return typeof tracestate === "string" ? { traceparent, tracestate } : { traceparent };
}

/** Whether the client asks for a task instead of a result (`params.task` of 2025-11-25). */
export function asksForTask(message: CallMessage | RequestMessage): boolean {
  return message.params?.has("task") === true;
}

/** Returns the id, as a token, of the request that a `notifications/cancelled` cancels; undefined for any other notification. */
export function cancelledRequestId({ method, params }: NotificationMessage): string | undefined {
  return method === "notifications/cancelled" ? idToken(params?.get("requestId")) : undefined;
}

/** Returns the id as a token; undefined when the message has none. */
export function messageId(message: Message): string | undefined {
  return "id" in message ? message.id : undefined;
}

/** Key in `_meta` that holds the id of the `subscriptions/listen` that a notification or final response belongs to. */
export const SUBSCRIPTION_ID_KEY = "io.modelcontextprotocol/subscriptionId";

/** Method of the first message on the stream of a `subscriptions/listen`. */
export const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

/** Returns whether a `subscriptions/listen` asks for `notifications/tools/list_changed`. */
export function isToolsSubscription({ params }: RequestMessage): boolean {
  const filter = params?.get("notifications");
  return isJsonObject(filter) && filter.get("toolsListChanged") === true;
}

/** The first revision that has Streamable HTTP. Servers and clients may know older ones alone (decisions 0112 and 0141). */
export const FIRST_OVER_HTTP = "2025-03-26";

/** Takes the token of a revision, a date in quotes; any other token is not older. */
export function isOlderThanHttp(token: string): boolean {
  return /^"\d{4}-\d\d-\d\d"$/.test(token) && token < JSON.stringify(FIRST_OVER_HTTP);
}
