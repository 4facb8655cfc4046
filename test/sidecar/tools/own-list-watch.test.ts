/** Names of tools that are known before any client has listed them, on real servers and on one that the test decides. */

import { afterEach, describe, expect, it } from "vitest";
import type { Settings } from "../../../src/config/settings/settings.ts";
import { readBody, sendJson, serveOnLoopback } from "../../fixtures/loopback-server.ts";
import { startEverythingServer } from "../../fixtures/servers/everything.ts";
import { startSdkV2Server } from "../../fixtures/servers/sdk-v2-http.ts";
import { startTestSidecar, type TestSidecar, until, untilReady } from "../../fixtures/start-sidecar.ts";

const LABELS: Settings["labels"] = { minConfidence: 0.7, hasOwnList: true };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function sidecarBefore(upstream: string, labels = LABELS): Promise<TestSidecar> {
  const sidecar = await startTestSidecar({ upstream, settings: { labels } });
  closers.push(sidecar.stop);
  await untilReady(sidecar);
  return sidecar;
}

async function call(sidecar: TestSidecar, name: string): Promise<void> {
  const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: {} } };
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  await (await fetch(sidecar.url, { method: "POST", headers, body: JSON.stringify(body) })).text();
}

interface ScriptedServer {
  readonly url: string;
  readonly lists: () => number;
  /** Adds a tool, and says so on every open stream. */
  readonly add: (name: string) => void;
}

async function startScriptedServer(answersLists = true): Promise<ScriptedServer> {
  const names = ["a"];
  const streams = new Set<(event: string) => void>();
  let lists = 0;
  const server = await serveOnLoopback((request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": open\n\n");
      streams.add((event) => response.write(event));
      return;
    }
    void readBody(request).then((text) => {
      const { id, method, params } = JSON.parse(text);
      if (method === "tools/list" && answersLists) {
        lists += 1;
        const tools = names.map((name) => ({ name, inputSchema: { type: "object" } }));
        sendJson(response, JSON.stringify({ jsonrpc: "2.0", id, result: { tools } }));
      } else if (method === "tools/call" && params.name !== "none") {
        sendJson(response, JSON.stringify({ jsonrpc: "2.0", id, result: { content: [] } }));
      } else {
        sendJson(response, JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_602, message: "no" } }));
      }
    });
  });
  closers.push(server.close);
  const event = `data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n`;
  const add = (name: string): void => {
    names.push(name);
    for (const send of streams) send(event);
  };
  return { url: server.url, lists: () => lists, add };
}

describe("before any client has listed", () => {
  it.each([["streamableHttp"], ["sse"]] as const)(
    "the tools of a legacy server over %s are known",
    async (kind) => {
      const server = await startEverythingServer(kind);
      closers.push(() => server.close());
      const sidecar = await sidecarBefore(server.url);
      await until(async () => (await sidecar.metric("tollgate_tools")) > 5);
      expect(await sidecar.metric("tollgate_sessions")).toBe(0);
    },
  );

  it("the tools of a modern server are known", async () => {
    const server = await startSdkV2Server();
    closers.push(() => server.close());
    const sidecar = await sidecarBefore(server.url);
    await until(async () => (await sidecar.metric("tollgate_tools")) > 1);
  });

  it("no list of Tollgate's own is counted as a client's request", async () => {
    const server = await startScriptedServer();
    const sidecar = await sidecarBefore(server.url);
    await until(async () => (await sidecar.metric("tollgate_tools")) === 1);
    expect(await sidecar.metric("tollgate_messages_total")).toBe(0);
    expect(sidecar.audit()).toEqual([]);
  });

  it("the tools are listed again when the server says to a client that they have changed", async () => {
    const server = await startScriptedServer();
    const sidecar = await sidecarBefore(server.url);
    await until(async () => (await sidecar.metric("tollgate_tools")) === 1);
    const controller = new AbortController();
    const { signal } = controller;
    const stream = await fetch(sidecar.url, { headers: { accept: "text/event-stream" }, signal });
    closers.push(() => controller.abort());
    expect(stream.status).toBe(200);
    server.add("b");
    await until(async () => (await sidecar.metric("tollgate_tools")) === 2);
    expect(server.lists()).toBe(2);
  });

  it("a setting turns lists of Tollgate's own off", async () => {
    const server = await startScriptedServer();
    const sidecar = await sidecarBefore(server.url, { minConfidence: 0.7, hasOwnList: false });
    await call(sidecar, "a");
    expect(server.lists()).toBe(0);
  });
});

describe("a call to a server whose list is not known", () => {
  it("is counted by name from the first success on", async () => {
    const server = await startScriptedServer(false);
    const sidecar = await sidecarBefore(server.url);
    for (let round = 0; round < 3; round += 1) await call(sidecar, "a");
    expect(await sidecar.metric("tollgate_tool_calls_total", { tool: "a", outcome: "success" })).toBe(3);
    expect(await sidecar.metric("tollgate_tool_calls_total", { tool: "_unknown" })).toBe(0);
  });

  it("is counted as unknown when the server refuses the name", async () => {
    const server = await startScriptedServer(false);
    const sidecar = await sidecarBefore(server.url);
    await call(sidecar, "none");
    expect(
      await sidecar.metric("tollgate_tool_calls_total", { tool: "_unknown", outcome: "rpc_error" }),
    ).toBe(1);
  });
});
