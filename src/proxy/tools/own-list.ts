/** Asks the server for its tools in requests of Tollgate's own, so that names are known before a client has listed them. */

import type { OutgoingHttpHeaders } from "node:http";
import { isJsonObject, type JsonObject } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";
import {
  CLIENT_INFO_KEY,
  idToken,
  isSameId,
  PROTOCOL_VERSION_KEY,
  type RelayedMessage,
} from "../../mcp/message.ts";
import { parseMessage } from "../../mcp/parse-message.ts";
import { SseSplitter } from "../../mcp/sse.ts";
import { headerValue } from "../http/header-fields.ts";
import { discardBody, isEventStream, type Upstream, type UpstreamResponse } from "../upstream.ts";

export interface OwnListOptions {
  readonly upstream: Pick<Upstream, "relay" | "open">;
  readonly version: string;
  /** Longest response, in bytes. */
  readonly maxBytes: number;
  /** How long one response may take. */
  readonly timeoutMs: number;
}

const MODERN = "2026-07-28";
/** The revision that is offered to a legacy server; it may choose an older one. */
const LEGACY = "2025-11-25";
/** A list with more pages is treated as endless. */
const MAX_PAGES = 1_000;
const RESULT_BOUNDS = { maxDepth: 256, maxNodes: 4_000_000, maxKeys: 4_000_000 };

/**
 * The pages of the server's tools/list, as texts of its responses: a request of the modern era, or else a legacy session
 * of its own that is closed at once. Undefined when the server gives no list, as to a caller without a credential.
 */
export async function requestOwnList(options: OwnListOptions): Promise<readonly string[] | undefined> {
  return (await modernPages(options)) ?? (await legacyPages(options));
}

function modernPages(options: OwnListOptions): Promise<readonly string[] | undefined> {
  const meta = {
    [PROTOCOL_VERSION_KEY]: MODERN,
    [CLIENT_INFO_KEY]: { name: "tollgate", version: options.version },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  return collectPages(
    options,
    { "mcp-protocol-version": MODERN, "mcp-method": "tools/list" },
    { _meta: meta },
  );
}

async function legacyPages(options: OwnListOptions): Promise<readonly string[] | undefined> {
  const clientInfo = { name: "tollgate", version: options.version };
  const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo };
  const begun = await request(options, {}, { id: 0, method: "initialize", params });
  const version = begun?.result?.get("protocolVersion");
  if (begun === undefined || typeof version !== "string") return undefined;
  const headers = {
    "mcp-protocol-version": version,
    ...(begun.session !== undefined && { "mcp-session-id": begun.session }),
  };
  try {
    await request(options, headers, { method: "notifications/initialized" });
    return await collectPages(options, headers, {});
  } finally {
    if (begun.session !== undefined) await endSession(options, headers);
  }
}

async function collectPages(
  options: OwnListOptions,
  headers: OutgoingHttpHeaders,
  params: object,
): Promise<readonly string[] | undefined> {
  const pages: string[] = [];
  let cursor = {};
  for (let id = 1; id <= MAX_PAGES; id += 1) {
    const page = await request(options, headers, {
      id,
      method: "tools/list",
      params: { ...params, ...cursor },
    });
    if (page?.result?.has("tools") !== true) return undefined;
    pages.push(page.text);
    const next = page.result.get("nextCursor");
    if (typeof next !== "string") return pages;
    cursor = { cursor: next };
  }
  return undefined;
}

interface Answer {
  readonly text: string;
  /** Undefined for an error. */
  readonly result: JsonObject | undefined;
  /** The session that the server has opened. */
  readonly session: string | undefined;
}

/** Sends one message; undefined when the server does not answer it with a JSON-RPC response. */
async function request(
  options: OwnListOptions,
  headers: OutgoingHttpHeaders,
  message: { readonly id?: number; readonly method: string; readonly params?: object },
): Promise<Answer | undefined> {
  const exchange = options.upstream.relay(messageOf({ jsonrpc: "2.0", ...message }), {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...headers,
  });
  const timer = setTimeout(exchange.abort, options.timeoutMs).unref();
  try {
    const response = await exchange.response;
    const session = headerValue(response.headers, "mcp-session-id");
    if (message.id === undefined || response.statusCode !== 200) {
      discardBody(response);
      return undefined;
    }
    const text = await readResponse(response, options.maxBytes, message.id);
    return text === undefined ? undefined : { text, result: resultOf(text), session };
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    exchange.abort();
  }
}

function messageOf(json: object): RelayedMessage {
  const parsed = parseMessage(Buffer.from(JSON.stringify(json)));
  if (!parsed.ok || parsed.message.kind === "call")
    throw new Error("a message of Tollgate's own is malformed");
  return parsed.message;
}

/** The response to `id`: the body, or the event of a stream that carries it; undefined when it is too large. */
async function readResponse(
  response: UpstreamResponse,
  maxBytes: number,
  id: number,
): Promise<string | undefined> {
  const chunks: Iterable<Buffer> | AsyncIterable<Buffer> =
    response.bufferedBody === undefined ? response : [response.bufferedBody];
  return isEventStream(response) ? readEvent(chunks, maxBytes, id) : readBody(chunks, maxBytes);
}

async function readBody(
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<string | undefined> {
  const held: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return undefined;
    held.push(chunk);
  }
  return Buffer.concat(held).toString("utf8");
}

async function readEvent(
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  maxBytes: number,
  id: number,
): Promise<string | undefined> {
  const splitter = new SseSplitter(maxBytes);
  for await (const chunk of chunks) {
    const events = splitter.push(chunk);
    if (events === "too_large") return undefined;
    const found = events.find(
      ({ data, isMessage }) => isMessage && data !== undefined && isResponseTo(data, id),
    );
    if (found?.data !== undefined) return found.data;
  }
  return undefined;
}

function isResponseTo(text: string, id: number): boolean {
  const read = readJson(text, RESULT_BOUNDS);
  if (!read.ok || !isJsonObject(read.value) || read.value.has("method")) return false;
  const token = idToken(read.value.get("id"));
  return token !== undefined && isSameId(token, `${id}`);
}

function resultOf(text: string): JsonObject | undefined {
  const read = readJson(text, RESULT_BOUNDS);
  const result = read.ok && isJsonObject(read.value) ? read.value.get("result") : undefined;
  return isJsonObject(result) ? result : undefined;
}

async function endSession(
  { upstream, timeoutMs }: OwnListOptions,
  headers: OutgoingHttpHeaders,
): Promise<void> {
  const exchange = upstream.open("DELETE", headers);
  const timer = setTimeout(exchange.abort, timeoutMs).unref();
  await exchange.response.then(discardBody, () => undefined);
  clearTimeout(timer);
  exchange.abort();
}
