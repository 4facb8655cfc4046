/** The reference server over HTTP+SSE, behind Tollgate, with the official client over Streamable HTTP. */

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EverythingServer, startEverythingServer } from "../../../fixtures/servers/everything.ts";
import { startTestSidecar, type TestSidecar } from "../../../fixtures/start-sidecar.ts";

const POLICY = {
  version: "1",
  default: "allow",
  hide: ["get-env"],
  tools: { "get-sum": { limits: [{ counter: "sums", window: "hour", max: 1 }] } },
};

let server: EverythingServer;
beforeAll(async () => (server = await startEverythingServer("sse")));
afterAll(() => server.close());

describe.each([{}, { "upstream-transport": "sse" }])(
  "a server of the HTTP+SSE transport, with flags %j",
  (flags) => {
    let sidecar: TestSidecar;
    let client: Client;
    let transport: StreamableHTTPClientTransport;

    beforeAll(async () => {
      sidecar = await startTestSidecar({ upstream: server.url, policy: POLICY, flags });
      client = new Client({ name: "test", version: "1" });
      transport = new StreamableHTTPClientTransport(new URL(sidecar.url));
      await client.connect(transport);
    });
    afterAll(async () => {
      await client.close();
      await sidecar.stop();
    });

    it("gives its tools to a client of Streamable HTTP, without those that the policy hides", async () => {
      const names = (await client.listTools()).tools.map(({ name }) => name);
      expect(names).toContain("echo");
      expect(names).not.toContain("get-env");
      expect(transport.sessionId).toBeDefined();
    });

    it("is called, and its calls are decided, limited and recorded", async () => {
      const echo = await client.callTool({ name: "echo", arguments: { message: "over SSE" } });
      expect(JSON.stringify(echo.content)).toContain("over SSE");
      const sum = { name: "get-sum", arguments: { a: 1, b: 2 } };
      expect(JSON.stringify((await client.callTool(sum)).content)).toContain("3");
      expect((await client.callTool(sum)).isError).toBe(true);
      await expect(client.callTool({ name: "get-env", arguments: {} })).rejects.toThrow(
        "Unknown tool: get-env",
      );
      expect(await sidecar.metric("tollgate_tool_calls_total", { tool: "echo", outcome: "success" })).toBe(1);
    });

    it("reports progress on the stream of the call", async () => {
      const progress: number[] = [];
      await client.callTool(
        { name: "trigger-long-running-operation", arguments: { duration: 0.4, steps: 4 } },
        undefined,
        { onprogress: (each) => progress.push(each.progress) },
      );
      expect(progress).toEqual([1, 2, 3, 4]);
    });

    it("serves resources and prompts too", async () => {
      expect((await client.listResources()).resources.length).toBeGreaterThan(0);
      expect((await client.listPrompts()).prompts.length).toBeGreaterThan(0);
    });
  },
);
