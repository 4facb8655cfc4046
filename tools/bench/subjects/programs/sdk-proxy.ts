/** A minimal proxy of the official SDK: Server and Client back to back, with JSON responses and one session. */

import { createServer } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CallToolRequestSchema,
  CallToolResultSchema,
  ListToolsRequestSchema,
  ListToolsResultSchema,
} from "@modelcontextprotocol/sdk/types.js";

const [port, upstreamPort] = process.argv.slice(2).map(Number);
const who = { name: "sdk-proxy", version: "1.0.0" };

const client = new Client(who);
await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${upstreamPort}/mcp`)));
const server = new Server(who, { capabilities: { tools: {} } });
server.setRequestHandler(CallToolRequestSchema, (call) => client.request(call, CallToolResultSchema));
server.setRequestHandler(ListToolsRequestSchema, (list) => client.request(list, ListToolsResultSchema));
const transport = new StreamableHTTPServerTransport({
  sessionIdGenerator: () => "the-one-session",
  enableJsonResponse: true,
});
await server.connect(transport);
createServer((incoming, outgoing) => void transport.handleRequest(incoming, outgoing)).listen(
  port,
  "127.0.0.1",
);
