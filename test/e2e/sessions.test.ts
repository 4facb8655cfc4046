import { beforeEach, describe, expect, it } from "vitest";
import { countCrossings } from "../fixtures/crossings.ts";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { sendEvents, sendJson } from "../fixtures/loopback-server.ts";
import { JSON_TYPE } from "../fixtures/post.ts";
import { AGENT_HEADER, type TestSidecar, until } from "../fixtures/start-sidecar.ts";

const crossing = countCrossings("sessions and streams of another agent");

let sidecar: TestSidecar;
let seen: string[];

beforeEach(async () => {
  seen = [];
  const upstream = await serve((text, response, { method, headers: { "mcp-session-id": session } }) => {
    seen.push(`${method} ${session ?? "-"}`);
    if (String(session).startsWith("unheard"))
      return sendJson(response, `{"jsonrpc":"2.0","id":5,"error":{"code":-32001,"message":"x"}}`, 404);
    if (method === "DELETE") return response.writeHead(200).end();
    if (method === "GET") return sendEvents(response, `id: 2\ndata: ${TOOL_ERROR}\n\n`);
    // A polling server: the response to the call comes on another stream.
    if (!text.includes(`"initialize"`)) return sendEvents(response, `id: 1\ndata:\n\n`);
    response.setHeader("mcp-session-id", "s1");
    return `{"jsonrpc":"2.0","id":0,"result":{}}`;
  });
  sidecar = await startSidecar({
    upstream: upstream.url,
    policy: { version: "1", default: "allow", tools: { slow: {} } },
    settings: AGENT_HEADER,
  });
});

const TOOL_ERROR = `{"jsonrpc":"2.0","id":5,"result":{"isError":true,"content":[]}}`;

/** The response, with its body read. */
async function send(method: string, agent: string, message?: object, session?: string): Promise<Response> {
  const headers = { ...JSON_TYPE, "x-agent-id": agent, ...(session && { "mcp-session-id": session }) };
  const body = message && JSON.stringify({ jsonrpc: "2.0", ...message });
  const response = await fetch(sidecar.url, { method, headers, ...(body && { body }) });
  await response.clone().text();
  return response;
}

/** The id of a new session of the agent, as its client sees it. */
async function open(agent = "alice"): Promise<string> {
  const id = (await send("POST", agent, INITIALIZE)).headers.get("mcp-session-id");
  if (id === null) throw new Error("no session was opened");
  return id;
}

const INITIALIZE = {
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "reporter", version: "2" } },
};
const CALL = { id: 5, method: "tools/call", params: { name: "slow" } };

describe("sessions", () => {
  it("remember the client that opened them", async () => {
    const session = await open();
    await send("POST", "alice", CALL, session);
    await send("GET", "alice", undefined, session);
    expect(sidecar.audit()).toMatchObject([
      { agent: { name: "alice", verified: true }, client: { name: "reporter", version: "2" }, session: "s1" },
    ]);
  });

  it("end a call by a response on another stream", async () => {
    const session = await open();
    await send("POST", "alice", CALL, session);
    expect(await sidecar.metric("tollgate_tool_calls_total", { tool: "slow" })).toBe(0);
    await send("GET", "alice", undefined, session);
    await until(
      async () =>
        (await sidecar.metric("tollgate_tool_calls_total", { tool: "slow", outcome: "tool_error" })) === 1,
    );
  });

  it.each(["POST", "GET", "DELETE"])("cannot be used by another agent (%s)", async (method) => {
    const session = await open();
    seen.length = 0;
    const response = await crossing(
      () => seen.length,
      () => send(method, "mallory", method === "POST" ? CALL : undefined, session),
    );
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { message: "Session not found" } });
    expect(seen).toEqual([]);
    expect(await sidecar.metric("tollgate_messages_refused_total", { cause: "ownership" })).toBe(1);
  });

  it("cannot be used by another agent whose message claims the stateless era", async () => {
    const session = await open();
    const meta = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };
    const response = await crossing(
      () => seen.length,
      () => send("POST", "mallory", { ...CALL, params: { ...CALL.params, ...meta } }, session),
    );
    expect(response.status).toBe(404);
  });

  it("end with their pending calls when their owner ends them", async () => {
    const session = await open();
    await send("POST", "alice", CALL, session);
    expect(await sidecar.metric("tollgate_sessions")).toBe(1);
    expect((await send("DELETE", "alice", undefined, session)).status).toBe(200);
    await until(async () => (await sidecar.metric("tollgate_sessions")) === 0);
    expect(await sidecar.metric("tollgate_tool_calls_total", { tool: "slow", outcome: "cancelled" })).toBe(1);
  });

  it("that no proof binds to an agent are refused, and never reach the server", async () => {
    expect((await send("POST", "alice", CALL, "from-before")).status).toBe(404);
    expect(seen).toEqual([]);
  });

  it("with made-up ids take no room", async () => {
    for (let guess = 0; guess < 20; guess += 1) {
      expect((await send("POST", "mallory", CALL, `unheard-${guess}`)).status).toBe(404);
    }
    expect(await sidecar.metric("tollgate_sessions")).toBe(0);
  });
});
