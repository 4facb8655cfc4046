/** The demo's MCP server and its agents, talking to each other without a sidecar. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { AGENTS, runAgents } from "../../../src/commands/demo/agents.ts";
import { type DemoServer, startDemoServer } from "../../../src/commands/demo/server.ts";
import { DEMO_TOOLS } from "../../../src/commands/demo/tools.ts";
import { listenOnLoopback } from "../../fixtures/servers/loopback.ts";

describe("the demo's server", () => {
  let server: DemoServer;
  let client: Client;

  beforeAll(async () => {
    server = await startDemoServer();
    client = new Client({ name: "test", version: "1.0.0" });
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  it("lists its tools with description, schema and annotations", async () => {
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(DEMO_TOOLS.map((tool) => tool.name));
    expect(tools.find((tool) => tool.name === "DeleteAHOBatch")).toMatchObject({
      description: "Deletes the record of a batch.",
      inputSchema: { type: "object", required: ["batch_id"] },
      annotations: { destructiveHint: true },
    });
  });

  it("answers a call", async () => {
    const result = await client.callTool({ name: "ListAHOBatches", arguments: {} });
    expect(result).toMatchObject({ content: [{ type: "text", text: expect.stringContaining("batch-1") }] });
  });

  it("answers a query that does not parse with a tool error", async () => {
    const result = await client.callTool({ name: "ExecuteQuery", arguments: { query: "sum(up" } });
    expect(result).toMatchObject({
      isError: true,
      content: [{ text: "parse error: unclosed left parenthesis" }],
    });
  });

  it("refuses a call of a tool that it does not list", async () => {
    await expect(client.callTool({ name: "DropEverything", arguments: {} })).rejects.toThrow("Unknown tool");
  });
});

interface Seen {
  readonly agent: string;
  /** The client info in `initialize`, in the agent's one session. */
  readonly client: unknown;
  readonly tool: unknown;
}

const MESSAGE = z.object({
  id: z.number().optional(),
  method: z.string(),
  params: z.record(z.string(), z.unknown()),
});

/** A server that records the caller and tool of each call, and refuses every call. */
class Watcher {
  readonly seen: Seen[] = [];
  readonly #clients = new Map<string, unknown>();

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") {
      response.writeHead(405).end();
      return;
    }
    const { id, method, params = {} } = MESSAGE.partial({ params: true }).parse(await json(request));
    const reply = this.#reply(String(request.headers["x-agent-id"]), method, params);
    response.writeHead(id === undefined ? 202 : 200, { "Content-Type": "application/json" });
    response.end(id === undefined ? "" : JSON.stringify({ jsonrpc: "2.0", id, ...reply }));
  }

  #reply(agent: string, method: string, params: Readonly<Record<string, unknown>>): object {
    if (method === "tools/call") {
      this.seen.push({ agent, client: this.#clients.get(agent), tool: params["name"] });
      return { error: { code: -32_602, message: "no" } };
    }
    if (method !== "initialize") return { result: { tools: [] } };
    this.#clients.set(agent, params["clientInfo"]);
    const { protocolVersion } = params;
    return {
      result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "watcher", version: "1" } },
    };
  }
}

async function watch(rounds: number, signal: AbortSignal): Promise<readonly Seen[]> {
  const watcher = new Watcher();
  const server = createServer((request, response) => {
    watcher.answer(request, response).catch(() => response.destroy());
  });
  const listener = await listenOnLoopback(server, 0);
  await runAgents({ url: `${listener.origin}/mcp`, rounds, signal });
  await listener.close();
  return watcher.seen;
}

describe("the demo's agents", () => {
  it.each(AGENTS)(
    "take every step of a round as $name, in the header and as client",
    async ({ name, steps }) => {
      const seen = await watch(1, new AbortController().signal);
      const own = seen.filter((call) => call.agent === name);
      expect(own.map((call) => call.tool).toSorted()).toEqual(
        steps(0)
          .map((step) => step.tool)
          .toSorted(),
      );
      expect(own.every((call) => isDeepStrictEqual(call.client, { name, version: "1.0.0" }))).toBe(true);
    },
  );

  it("send no call after the abort signal", async () => {
    expect(await watch(Infinity, AbortSignal.abort())).toEqual([]);
  });
});
