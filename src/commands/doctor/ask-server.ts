/** Asks a server over Streamable HTTP for its revision and its tools, in both eras, with the certificates of the settings. */

import * as z from "zod";
import type { Json } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";
import { type AdminHttpResponse, sendToAdmin, type TlsOptions } from "../control/admin-http.ts";
import { jsonTextOf, modernToolsRequest } from "../policy/modern-server.ts";
import { CLIENT_INFO } from "../policy/tools-page.ts";

export type ServerAnswer =
  | {
      readonly ok: true;
      /** Those that it has answered in. */
      readonly revisions: readonly string[];
      /** The first page. */
      readonly tools: Json;
      /** The Date header of a response. */
      readonly date: string | undefined;
    }
  | { readonly ok: false; readonly problem: string };

const TIMEOUT_MS = 10_000;
const LEGACY = "2025-11-25";
const ACCEPT = { "content-type": "application/json", accept: "application/json, text/event-stream" };

const INITIALIZED = z.looseObject({ protocolVersion: z.string() });
const LISTED = z.looseObject({ tools: z.array(z.unknown()) });

export async function askServer(url: URL, tls: TlsOptions): Promise<ServerAnswer> {
  const post = (body: object, headers: Readonly<Record<string, string>> = {}): Promise<AdminHttpResponse> =>
    sendToAdmin({
      url,
      method: "POST",
      headers: { ...ACCEPT, ...headers },
      body: JSON.stringify(body),
      tls,
      timeoutMs: TIMEOUT_MS,
    });
  try {
    const { headers, body } = modernToolsRequest({});
    const modern = await post(body, headers);
    const modernTools = LISTED.safeParse(resultIn(modern));
    const initialized = await post(INITIALIZE);
    const legacy = INITIALIZED.safeParse(resultIn(initialized));
    const revisions = [
      ...(modernTools.success ? [headers["MCP-Protocol-Version"]] : []),
      ...(legacy.success ? [legacy.data.protocolVersion] : []),
    ];
    if (revisions.length === 0) return { ok: false, problem: notMcp(url, initialized) };
    const tools = modernTools.success ? modernTools.data.tools : await legacyTools(initialized, post);
    return { ok: true, revisions, tools: toJson(tools), date: modern.headers.date };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: `${url.origin}${url.pathname} gives no whole response: ${reason}` };
  }
}

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: CLIENT_INFO },
};

async function legacyTools(
  { headers }: AdminHttpResponse,
  post: (body: object, headers: Readonly<Record<string, string>>) => Promise<AdminHttpResponse>,
): Promise<readonly unknown[]> {
  const id = headers["mcp-session-id"];
  const session = {
    "mcp-protocol-version": LEGACY,
    ...(typeof id === "string" && { "mcp-session-id": id }),
  };
  await post({ jsonrpc: "2.0", method: "notifications/initialized" }, session);
  const listed = LISTED.safeParse(
    resultIn(await post({ jsonrpc: "2.0", id: 2, method: "tools/list", params: {} }, session)),
  );
  return listed.success ? listed.data.tools : [];
}

/** The result of a JSON-RPC response; undefined in any other text. */
function resultIn({ text }: AdminHttpResponse): unknown {
  try {
    const message: unknown = JSON.parse(jsonTextOf(text));
    return typeof message === "object" && message !== null && "result" in message
      ? message.result
      : undefined;
  } catch {
    return undefined;
  }
}

function notMcp({ origin, pathname }: URL, { status }: AdminHttpResponse): string {
  return `${origin}${pathname} answers initialize with status ${status}, and no result of MCP`;
}

function toJson(tools: readonly unknown[]): Json {
  const read = readJson(JSON.stringify(tools), { maxDepth: 256, maxNodes: 4_000_000, maxKeys: 4_000_000 });
  return read.ok ? read.value : [];
}
