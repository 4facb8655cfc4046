/** The official client of HTTP+SSE, by `--serve-sse` before a server of each transport. */

import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, it } from "vitest";
import { atEnd, startSidecar } from "../../../fixtures/lifetime.ts";
import { startEverythingServer } from "../../../fixtures/servers/everything.ts";
import { type TestSidecarOptions, until } from "../../../fixtures/start-sidecar.ts";

const POLICY = {
  version: "1",
  default: "allow",
  hide: ["get-env"],
  tools: { "get-sum": { limits: [{ counter: "sums", window: "hour", max: 1 }] } },
};
const PROGRAM = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"));

async function everything(transport: "streamableHttp" | "sse"): Promise<TestSidecarOptions> {
  const server = await startEverythingServer(transport);
  atEnd(server.close);
  return { upstream: server.url };
}

describe.each([
  ["Streamable HTTP", () => everything("streamableHttp")],
  ["HTTP+SSE", () => everything("sse")],
  ["stdio", async () => ({ command: [process.execPath, PROGRAM, "stdio"] })],
] as const)("a client of HTTP+SSE before a server of %s", (_transport, upstream) => {
  it("lists and calls, and its calls are decided, limited and recorded", async () => {
    const sidecar = await startSidecar({
      ...(await upstream()),
      policy: POLICY,
      flags: { "serve-sse": "true" },
    });
    const client = new Client({ name: "old", version: "1" }, { capabilities: { elicitation: {} } });
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: "decline" }));
    await client.connect(new SSEClientTransport(new URL("/sse", sidecar.url)));

    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain("echo");
    expect(names).not.toContain("get-env");
    const echo = await client.callTool({ name: "echo", arguments: { message: "line 1\nline\u2028 2" } });
    expect(JSON.stringify(echo.content)).toContain(String.raw`line 1\nline`);
    const sum = { name: "get-sum", arguments: { a: 1, b: 2 } };
    expect(JSON.stringify((await client.callTool(sum)).content)).toContain("3");
    expect((await client.callTool(sum)).isError).toBe(true);
    await expect(client.callTool({ name: "get-env", arguments: {} })).rejects.toThrow(
      "Unknown tool: get-env",
    );
    expect((await client.listResources()).resources.length).toBeGreaterThan(0);

    // The server asks its client within the call.
    const asked = await client.callTool({ name: "trigger-elicitation-request", arguments: {} });
    expect(JSON.stringify(asked.content)).toContain("declined");

    expect(await sidecar.metric("tollgate_tool_calls_total", { tool: "echo", outcome: "success" })).toBe(1);
    expect(await sidecar.metric("tollgate_tool_calls_total", { tool: "get-sum", outcome: "denied" })).toBe(1);
    await client.close();
    await until(async () => (await sidecar.metric("tollgate_sessions")) === 0);
  });
});
