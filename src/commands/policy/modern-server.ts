/** Lists the tools of a server of revision 2026-07-28 or later: no `initialize`, one self-contained request per page. */

import { CLIENT_INFO, collectPages, TOOLS_PAGE, type ToolsPage } from "./tools-page.ts";

const REVISION = "2026-07-28";

const META = {
  "io.modelcontextprotocol/protocolVersion": REVISION,
  "io.modelcontextprotocol/clientInfo": CLIENT_INFO,
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** All tools; undefined when the server does not support this revision. */
export async function listModernTools(url: URL, timeoutMs: number): Promise<unknown[] | undefined> {
  try {
    return await collectPages((params) => requestPage(url, params, timeoutMs));
  } catch {
    return undefined;
  }
}

/** @throws Error of fetch, JSON or zod when the response is no page. */
async function requestPage(url: URL, params: object, timeoutMs: number): Promise<ToolsPage> {
  const { headers, body } = modernToolsRequest(params);
  const response = await fetch(url, {
    method: "POST",
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
      ...headers,
    },
    body: JSON.stringify(body),
  });
  const message: unknown = JSON.parse(jsonTextOf(await response.text()));
  const result =
    typeof message === "object" && message !== null && "result" in message ? message.result : null;
  return TOOLS_PAGE.parse(result);
}

/** A tools/list request, and the headers that repeat it. */
export function modernToolsRequest(params: object) {
  return {
    headers: { "MCP-Protocol-Version": REVISION, "Mcp-Method": "tools/list" },
    body: { jsonrpc: "2.0", id: 1, method: "tools/list", params: { ...params, _meta: META } },
  };
}

/** The JSON text of a response: its body, or the data of the last event of a stream. */
export function jsonTextOf(text: string): string {
  const data = [...text.matchAll(/^data: ?(.+)$/gm)].at(-1)?.[1];
  return text.trimStart().startsWith("{") ? text : (data ?? text);
}
