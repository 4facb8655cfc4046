/** The official SDK 2.x over HTTP, in both eras, with tools that record each execution. */

import { createServer } from "node:http";

import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { listenOnLoopback, type Listener } from "../../fixtures/servers/loopback.ts";
import { serveWebExchange } from "../../fixtures/servers/web-exchange.ts";
import { TOOLS, type Execution } from "./execution.ts";
import { TYPED } from "./typed-schema.ts";

export async function startSdkV2(record: (execution: Execution) => void): Promise<Listener> {
  const handler = createMcpHandler(() => createRecording(record));
  const http = createServer((request, response) => {
    serveWebExchange(request, response, (webRequest) => handler.fetch(webRequest)).catch(() =>
      response.destroy(),
    );
  });
  const listener = await listenOnLoopback(http, 0);
  const close = async (): Promise<void> => {
    await handler.close();
    await listener.close();
  };
  return { ...listener, close };
}

function createRecording(record: (execution: Execution) => void): McpServer {
  const server = new McpServer({ name: "sdk-v2-executing", version: "1.0.0" });
  for (const tool of TOOLS) {
    if (tool === "typed") continue;
    server.registerTool(tool, { inputSchema: z.looseObject({}) }, (args) => {
      record({ tool, args });
      return { content: [{ type: "text", text: `${tool} ran` }] };
    });
  }
  server.registerTool("typed", { inputSchema: TYPED }, (args) => {
    record({ tool: "typed", args });
    return { content: [{ type: "text", text: "typed ran" }] };
  });
  return server;
}
