/** Asks a server of revision 2026-07-28 or later, which knows no `initialize`: one self-contained request for each page. */

import { CLIENT_INFO, collectPages, TOOLS_PAGE, type ToolsPage } from "./tools-page.ts";

const REVISION = "2026-07-28";

const META = {
  "io.modelcontextprotocol/protocolVersion": REVISION,
  "io.modelcontextprotocol/clientInfo": CLIENT_INFO,
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** Every tool in the list; undefined when this is no such server either. */
export async function askModernServer(url: URL, timeoutMs: number): Promise<unknown[] | undefined> {
  try {
    return await collectPages((params) => askPage(url, params, timeoutMs));
  } catch {
    return undefined;
  }
}

/** @throws Error of fetch, of JSON or of zod when the answer is no page. */
async function askPage(url: URL, params: object, timeoutMs: number): Promise<ToolsPage> {
  const response = await fetch(url, {
    method: "POST",
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
      "MCP-Protocol-Version": REVISION,
      "Mcp-Method": "tools/list",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/list",
      params: { ...params, _meta: META },
    }),
  });
  const message: unknown = JSON.parse(dataOf(await response.text()));
  const result =
    typeof message === "object" && message !== null && "result" in message ? message.result : null;
  return TOOLS_PAGE.parse(result);
}

/** The answer itself, or the data of the last event of a stream. */
function dataOf(text: string): string {
  const data = [...text.matchAll(/^data: ?(.+)$/gm)].at(-1)?.[1];
  return text.trimStart().startsWith("{") ? text : (data ?? text);
}
