/** Parses a message of the client strictly: one message whose tokens may be forwarded, or a refusal. */

import { isUtf8 } from "node:buffer";

import { isJsonArray, isJsonObject } from "../json/json.ts";
import { LazyObject } from "../json/lazy/lazy-object.ts";
import { readJson } from "../json/read-json.ts";
import { encoded, readLazily } from "../json/lazy/read-lazily.ts";
import { isWellFormedBeside, isWellFormedJson } from "../json/well-formed.ts";
import { protectedNames, isConfusable } from "../json/confusable-names.ts";
import { DEFAULT_MESSAGE_BOUNDS, type MessageBounds } from "../json/message-bounds.ts";
import { CLIENT_INFO_KEY, PROTOCOL_VERSION_KEY, eraOf, idToken } from "./message.ts";
import { memberText } from "../json/edit-json.ts";
import type { RefusalCause } from "./vocabulary.ts";
import type { Json, JsonObject } from "../json/json.ts";
import type { ProtectedNames } from "../json/confusable-names.ts";
import { isRequestMethod } from "./methods.ts";
import { refusedRequestId } from "./refused-request.ts";
import { errorBody } from "./error-response.ts";
import type { CallMessage, Message, ResponseMessage, UpstreamText } from "./message.ts";

export type ParsedMessage = Accepted | Refused;

export interface Accepted {
  readonly ok: true;
  readonly message: Message;
}

export interface Refused {
  readonly ok: false;
  readonly cause: RefusalCause;
  /** One sentence without any part of the message. */
  readonly detail: string;
  /** JSON-RPC code: -32700 for invalid JSON, -32600 for an invalid message. */
  readonly code: -32700 | -32600;
  /** The request's id as a token; undefined when it cannot be read, and for a message that is no request. */
  readonly id: string | undefined;
  /** Whether the message claims a revision in `_meta`, as the modern era does. */
  readonly isModern: boolean;
}

type Refusal = Omit<Refused, "id" | "isModern">;

const ARGUMENTS = ["params", "arguments"] as const;
const BYTE_ORDER_MARK = 0xfeff;
const MAX_NUMBER_LENGTH = 64;
const ENVELOPE_KEYS: ReadonlySet<string> = new Set(["jsonrpc", "id", "method", "params", "result", "error"]);
const BAD_ID = "id is neither a string of at most 256 nor a safe integer";
const MAX_METHOD_LENGTH = 256;
/** Most names in `params` and in `_meta`, where the protocol has a handful. Arguments are not compared. */
const MAX_COMPARED_NAMES = 1_000;
const MAX_TOOL_NAME_LENGTH = 1024;
const NO_MEMBERS: JsonObject = new Map();

/** `requestId` and `progressToken` matter to the bridge, where clients share a child and must not name each other's requests. */
const PARAMS_NAMES = protectedNames([
  "name",
  "arguments",
  "_meta",
  "uri",
  "task",
  "taskId",
  "inputResponses",
  "requestState",
  "requestId",
  "progressToken",
]);

const META_NAMES = protectedNames([
  PROTOCOL_VERSION_KEY,
  CLIENT_INFO_KEY,
  "io.modelcontextprotocol/clientCapabilities",
  "io.modelcontextprotocol/related-task",
  "io.modelcontextprotocol/subscriptionId",
  "progressToken",
]);

/** Methods that name one task by its id. */
const TASK_METHODS: ReadonlySet<string> = new Set([
  "tasks/get",
  "tasks/result",
  "tasks/cancel",
  "tasks/update",
]);

/** Methods with arguments, whose values may hold a lone surrogate. */
const METHODS_WITH_ARGUMENTS: ReadonlySet<Json | undefined> = new Set(["tools/call", "prompts/get"]);

/** Parses one message from its bytes, in time linear in their number. */
export function parseMessage(
  bytes: Uint8Array,
  bounds: MessageBounds = DEFAULT_MESSAGE_BOUNDS,
): ParsedMessage {
  const scanned = scanBytes(bytes, bounds);
  if (scanned.ok) return scanned;
  // Text that is no JSON has no id, and what is no id for JSON-RPC cannot be answered with.
  if (scanned.cause === "syntax" || scanned.detail === BAD_ID || !isUtf8(bytes))
    return { ...scanned, id: undefined, isModern: false };
  return { ...scanned, ...refusedRequestId(bytes) };
}

type Scanned = Accepted | Refusal;

function scanBytes(bytes: Uint8Array, bounds: MessageBounds): Scanned {
  if (!isUtf8(bytes)) return refusalAsNoJson("encoding", "the message is not UTF-8");
  const sent = encoded(bytes);
  if (sent.text.charCodeAt(0) === BYTE_ORDER_MARK)
    return refusalAsNoJson("encoding", "the message begins with a byte order mark");
  const limits = { ...bounds, maxNumberLength: MAX_NUMBER_LENGTH, allowsLoneSurrogates: true };
  const reading = readLazily(sent, limits, ARGUMENTS) ?? readJson(sent.text, limits);
  if (!reading.ok) {
    const isNoJson = reading.cause === "syntax" || reading.cause === "encoding";
    const detail = `${reading.detail} (at character ${reading.offset})`;
    return isNoJson ? refusalAsNoJson(reading.cause, detail) : refusal(reading.cause, detail);
  }
  if (isJsonArray(reading.value)) return refusal("batch", "batches are not accepted");
  if (!isJsonObject(reading.value)) return refusal("envelope", "the message is not an object");
  // Security: servers differ in what they make of a lone surrogate, so only values that conditions deny for it may hold one.
  if (reading.hasLoneSurrogate && !isWellFormedMessage(reading.value))
    return refusalAsNoJson("encoding", "an escaped surrogate stands alone outside of arguments");
  return scanEnvelope(reading.value, reading.minified);
}

function isWellFormedMessage(envelope: JsonObject): boolean {
  const hasArguments = METHODS_WITH_ARGUMENTS.has(envelope.get("method"));
  return hasArguments ? isWellFormedBeside(envelope, ARGUMENTS) : isWellFormedJson(envelope);
}

function scanEnvelope(envelope: JsonObject, text: string): Scanned {
  const id = idToken(envelope.get("id"));
  for (const key of envelope.keys()) {
    // Security: this also refuses every name that could be confused with one of the six.
    if (!ENVELOPE_KEYS.has(key))
      return refusal("envelope", "the message has a key that JSON-RPC does not know");
  }
  if (envelope.get("jsonrpc") !== "2.0") return refusal("envelope", 'jsonrpc is not "2.0"');
  return envelope.has("method") ? scanMethodMessage(envelope, id, text) : scanResponse(envelope, id, text);
}

function scanResponse(envelope: JsonObject, id: string | undefined, text: string): Scanned {
  const isError = envelope.has("error");
  if (isError === envelope.has("result"))
    return refusal("envelope", "not exactly one of method, result and error");
  if (envelope.has("params")) return refusal("envelope", "a response has params");
  if (isError && !isJsonObject(envelope.get("error"))) return refusal("envelope", "error is not an object");
  const isUnaddressed = isError && (envelope.get("id") ?? null) === null;
  if (id === undefined && !isUnaddressed) return refusal("envelope", BAD_ID);
  return accepted({ kind: "response", text: upstreamText(text), id: id ?? "null", isError });
}

/** A response of Tollgate's own to a request of the server; `id` is that request's, as a token. */
export function errorMessage(id: string, code: number, message: string): ResponseMessage {
  return { kind: "response", text: upstreamText(errorBody(code, message, id)), id, isError: true };
}

function scanMethodMessage(envelope: JsonObject, id: string | undefined, text: string): Scanned {
  const method = envelope.get("method");
  if (typeof method !== "string" || method.length > MAX_METHOD_LENGTH) {
    return refusal("envelope", "method is not a string of at most 256");
  }
  if (envelope.has("result") || envelope.has("error")) {
    return refusal("envelope", "the message is both a request and a response");
  }
  if (id === undefined && envelope.has("id")) return refusal("envelope", BAD_ID);
  // Security: a server may execute a request that has no id; any other name without one is a notification.
  if (id === undefined && isRequestMethod(method)) return refusal("envelope", "a request has no id");
  if (id !== undefined && method.startsWith("notifications/"))
    return refusal("envelope", "a notification has an id");
  return scanParams(method, envelope.get("params") ?? undefined, { id, text });
}

interface Envelope {
  readonly id: string | undefined;
  readonly text: string;
}

function scanParams(method: string, params: Json | undefined, { id, text }: Envelope): Scanned {
  if (params !== undefined && !isJsonObject(params)) return refusal("params", "params is not an object");
  const fault = params === undefined ? undefined : paramsFault(method, params);
  if (fault !== undefined) return refusal("params", fault);
  const given = params?.get("_meta");
  const meta = isJsonObject(given) ? given : undefined;
  const claim =
    meta?.get(PROTOCOL_VERSION_KEY) ?? (method === "initialize" ? params?.get("protocolVersion") : undefined);
  const protocolVersion = typeof claim === "string" ? claim : undefined;
  const era = eraOf(meta?.has(PROTOCOL_VERSION_KEY) === true ? protocolVersion : undefined);
  const common = { method, params, meta, era, protocolVersion };
  if (id === undefined) return accepted({ kind: "notification", text: upstreamText(text), ...common });
  if (method !== "tools/call") return accepted({ kind: "request", text: upstreamText(text), id, ...common });
  return scanCall({
    ...common,
    kind: "call",
    text: upstreamText(text),
    id,
    method,
    params: params ?? NO_MEMBERS,
  });
}

function scanCall(call: Omit<CallMessage, "name" | "args">): Scanned {
  const name = call.params.get("name");
  if (typeof name !== "string" || name.length > MAX_TOOL_NAME_LENGTH) {
    return refusal("params", "name is not a string of at most 1024");
  }
  const args = call.params.get("arguments") ?? undefined;
  if (args === undefined) return accepted({ ...call, name, args: NO_MEMBERS });
  if (!isJsonObject(args)) return refusal("params", "arguments is not an object");
  const argsText = args instanceof LazyObject ? args.text : memberText(call.text, ARGUMENTS);
  return accepted({ ...call, name, args, argsText });
}

/** Describes the first fault in the params of any method. */
function paramsFault(method: string, params: JsonObject): string | undefined {
  if (hasConfusableName(params, PARAMS_NAMES)) return "params has a name that could be taken for another";
  if (TASK_METHODS.has(method) && typeof params.get("taskId") !== "string") return "taskId is not a string";
  const meta = params.get("_meta");
  if (!isJsonObject(meta)) return meta === undefined || meta === null ? undefined : "_meta is not an object";
  if (hasConfusableName(meta, META_NAMES)) return "_meta has a name that could be taken for another";
  const version = meta.get(PROTOCOL_VERSION_KEY);
  return version === undefined || typeof version === "string"
    ? undefined
    : "the protocol version is not a string";
}

/** Whether an object has a confusable name, or too many names to compare. */
function hasConfusableName(object: JsonObject, names: ProtectedNames): boolean {
  if (object.size > MAX_COMPARED_NAMES) return true;
  for (const name of object.keys()) {
    if (isConfusable(name, names)) return true;
  }
  return false;
}

function accepted(message: Message): Accepted {
  return { ok: true, message };
}

// Security: the only place that makes text for upstream, from text that was judged as a message of this kind.
function upstreamText<Kind extends Message["kind"]>(text: string): UpstreamText<Kind> {
  return text as UpstreamText<Kind>;
}

function refusalAsNoJson(cause: RefusalCause, detail: string): Refusal {
  return { ok: false, cause, detail, code: -32700 };
}

function refusal(cause: RefusalCause, detail: string): Refusal {
  return { ok: false, cause, detail, code: -32600 };
}
