import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LoopbackServer, sendEvents, sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { startTestSidecar, type TestSidecar, until } from "../fixtures/start-sidecar.ts";

let upstream: LoopbackServer;
let sidecar: TestSidecar;
let seen: string[];

beforeEach(async () => {
  seen = [];
  upstream = await serveOnLoopback((request, response) => {
    seen.push(`${request.method} ${request.headers["mcp-session-id"] ?? "-"}`);
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const isUnheard = String(request.headers["mcp-session-id"]).startsWith("unheard");
      if (isUnheard)
        return sendJson(response, `{"jsonrpc":"2.0","id":5,"error":{"code":-32001,"message":"x"}}`, 404);
      if (request.method === "DELETE") return void response.writeHead(200).end();
      if (request.method === "GET") {
        return sendEvents(
          response,
          `id: 2\ndata: {"jsonrpc":"2.0","id":5,"result":{"isError":true,"content":[]}}\n\n`,
        );
      }
      if (text.includes(`"initialize"`)) {
        response.setHeader("mcp-session-id", "s1");
        return sendJson(response, `{"jsonrpc":"2.0","id":0,"result":{}}`);
      }
      // A server that lets its client poll: the answer comes on another stream.
      return sendEvents(response, `id: 1\ndata:\n\n`);
    });
  });
  sidecar = await startTestSidecar({
    upstream: upstream.url,
    policy: { version: "1", default: "allow", tools: { slow: {} } },
    settings: { identity: { header: { name: "X-Agent-Id", from: ["127.0.0.1"] } } },
  });
});
afterEach(async () => {
  await sidecar.stop();
  upstream.close();
});

function send(method: string, agent: string, message?: object, session?: string): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    "x-agent-id": agent,
    ...(session && { "mcp-session-id": session }),
  };
  return fetch(sidecar.url, {
    method,
    headers,
    ...(message && { body: JSON.stringify({ jsonrpc: "2.0", ...message }) }),
  });
}

const INITIALIZE = {
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "reporter", version: "2" } },
};
const CALL = { id: 5, method: "tools/call", params: { name: "slow" } };

describe("sessions", () => {
  it("remember the client that opened them", async () => {
    await (await send("POST", "alice", INITIALIZE)).text();
    await (await send("POST", "alice", CALL, "s1")).text();
    await (await send("GET", "alice", undefined, "s1")).text();
    expect(sidecar.audit()).toMatchObject([
      { agent: { name: "alice", verified: true }, client: { name: "reporter", version: "2" }, session: "s1" },
    ]);
  });

  it("end a call by its answer on another stream", async () => {
    await (await send("POST", "alice", INITIALIZE)).text();
    await (await send("POST", "alice", CALL, "s1")).text();
    expect(await sidecar.metric("tollgate_tool_calls_total", { tool: "slow" })).toBe(0);
    await (await send("GET", "alice", undefined, "s1")).text();
    await until(
      async () =>
        (await sidecar.metric("tollgate_tool_calls_total", { tool: "slow", outcome: "tool_error" })) === 1,
    );
  });

  it.each(["POST", "GET", "DELETE"])("are not another agent's to use (%s)", async (method) => {
    await (await send("POST", "alice", INITIALIZE)).text();
    seen.length = 0;
    const response = await send(method, "mallory", method === "POST" ? CALL : undefined, "s1");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { message: "Session not found" } });
    expect(seen).toEqual([]);
    expect(await sidecar.metric("tollgate_messages_refused_total", { cause: "ownership" })).toBe(1);
  });

  it("are not another agent's to use by a message that claims the stateless era", async () => {
    await (await send("POST", "alice", INITIALIZE)).text();
    const meta = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };
    const response = await send("POST", "mallory", { ...CALL, params: { ...CALL.params, ...meta } }, "s1");
    expect(response.status).toBe(404);
  });

  it("are forgotten when their owner ends them, and so are the answers they owe", async () => {
    await (await send("POST", "alice", INITIALIZE)).text();
    await (await send("POST", "alice", CALL, "s1")).text();
    expect(await sidecar.metric("tollgate_sessions")).toBe(1);
    expect((await send("DELETE", "alice", undefined, "s1")).status).toBe(200);
    await until(async () => (await sidecar.metric("tollgate_sessions")) === 0);
    expect(await sidecar.metric("tollgate_tool_calls_total", { tool: "slow", outcome: "cancelled" })).toBe(1);
  });

  it("pass through when they are older than the sidecar, and are their first user's from then on", async () => {
    await (await send("POST", "alice", CALL, "from-before")).text();
    expect(seen).toEqual(["POST from-before"]);
    expect((await send("POST", "mallory", CALL, "from-before")).status).toBe(404);
  });

  it("take no room when they are made up: the server does not know them", async () => {
    for (let guess = 0; guess < 20; guess += 1) {
      expect((await send("POST", "mallory", CALL, `unheard-${guess}`)).status).toBe(404);
    }
    expect(await sidecar.metric("tollgate_sessions")).toBe(0);
  });
});
