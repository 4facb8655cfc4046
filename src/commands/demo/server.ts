/** The demo's MCP server: Streamable HTTP with sessions, built on the official SDK. */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from "@modelcontextprotocol/sdk/types.js";
import { DEMO_TOOLS } from "./tools.ts";

export interface DemoServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

interface ListenAddress {
  readonly host: string;
  /** 0 binds a free port. */
  readonly port: number;
}

const FREE_ON_LOOPBACK: ListenAddress = { host: "127.0.0.1", port: 0 };

type Sessions = Map<string, StreamableHTTPServerTransport>;

/** Listens on a free loopback port by default; `stop` closes open streams. @throws Error when the address cannot be bound. */
export async function startDemoServer({ host, port } = FREE_ON_LOOPBACK): Promise<DemoServer> {
  const sessions: Sessions = new Map();
  const listener = createServer((request, response) => {
    serve(sessions, request, response).catch(() => response.destroy());
  });
  listener.listen(port, host);
  await once(listener, "listening");
  const address = listener.address();
  const bound = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}/mcp`,
    stop: async () => {
      const closed = once(listener, "close");
      listener.close();
      listener.closeAllConnections();
      await closed;
    },
  };
}

async function serve(sessions: Sessions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const session = request.headers["mcp-session-id"];
  const known = typeof session === "string" ? sessions.get(session) : undefined;
  const transport = known ?? (await openSession(sessions));
  await transport.handleRequest(request, response);
}

async function openSession(sessions: Sessions): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await createDemoTools().connect(transport);
  return transport;
}

function createDemoTools(): Server {
  const server = new Server({ name: "demo", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: DEMO_TOOLS.map(({ name, description, inputSchema, annotations }) => ({
      name,
      description,
      inputSchema,
      annotations,
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) =>
    callDemoTool(params.name, params.arguments ?? {}),
  );
  return server;
}

async function callDemoTool(name: string, args: Readonly<Record<string, unknown>>): Promise<CallToolResult> {
  const tool = DEMO_TOOLS.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, `Unknown tool: ${name}`);
  await pause(tool.delayMs);
  const fault = tool.fault?.(args);
  return fault === undefined
    ? { content: [{ type: "text", text: JSON.stringify(tool.result) }] }
    : { content: [{ type: "text", text: fault }], isError: true };
}
