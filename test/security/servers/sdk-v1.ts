/** The official SDK 1.x with tools that record each execution: over HTTP, and as a program over stdio. */

import { appendFileSync } from "node:fs";
import { createServer } from "node:http";

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { NextFunction, Request, Response } from "express";
import express from "express";
import { z } from "zod";

import { listenOnLoopback, type Listener } from "../../fixtures/servers/loopback.ts";
import { TOOLS, type Execution } from "./execution.ts";
import { TYPED } from "./typed-schema.ts";

type Record = (execution: Execution) => void;

/** Stateless, so that a bare tools/call runs. */
export function startSdkV1(record: Record, parsesWithExpress: boolean): Promise<Listener> {
  const app = express();
  if (parsesWithExpress) app.use(express.json({ limit: "8mb" }));
  app.all("/mcp", (request, response, next) => void answer(request, response, record).catch(next));
  // Express recognises an error handler by its four parameters; without one it prints errors.
  app.use((_error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    response.status(400).end();
  });
  return listenOnLoopback(createServer(app), 0);
}

async function answer(request: Request, response: Response, record: Record): Promise<void> {
  const server = createRecording(record);
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.once("close", () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
}

function createRecording(record: Record): McpServer {
  const server = new McpServer({ name: "sdk-v1-executing", version: "1.0.0" });
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

if (import.meta.main) {
  const file = process.env["RECORD_FILE"] ?? "/dev/null";
  const record: Record = (execution) => appendFileSync(file, `${JSON.stringify(execution)}\n`);
  await createRecording(record).connect(new StdioServerTransport());
}
