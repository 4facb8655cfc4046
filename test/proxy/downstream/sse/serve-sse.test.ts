/** Clients of HTTP+SSE by `--serve-sse`, on the wire. */

import { writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { atEnd, serve, startSidecar, temporaryFile } from "../../../fixtures/lifetime.ts";
import { sendEvents, sendJson } from "../../../fixtures/loopback-server.ts";
import { type Message, openSse, send, type SseClient } from "../../../fixtures/sse-client.ts";
import { type TestSidecar, type TestSidecarOptions, until } from "../../../fixtures/start-sidecar.ts";

const SERVE = { flags: { "serve-sse": "true" } };
const CALL = { id: 7, method: "tools/call", params: { name: "t", arguments: {} } };
const RESULT = { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: { name: "s", version: "1" } };

interface Seen {
  readonly method: string;
  readonly rpc: string | undefined;
  readonly headers: IncomingMessage["headers"];
}

/** The reaction of the server to a message, or to a GET or DELETE, for which `message` is empty. */
type Behaviour = (message: Message, response: ServerResponse, request: IncomingMessage) => unknown;

/** A server of Streamable HTTP that gives the session `s1`, and behaves as given after the handshake. */
async function start(
  behaviour: Behaviour,
  options: TestSidecarOptions = {},
): Promise<{ sidecar: TestSidecar; seen: Seen[] }> {
  const seen: Seen[] = [];
  const upstream = await serve((body, response, request) => {
    const message: Message = body === "" ? {} : JSON.parse(body);
    seen.push({ method: request.method ?? "", rpc: message.method, headers: request.headers });
    if (message.method === "initialize") {
      response.setHeader("mcp-session-id", "s1");
      return JSON.stringify({ jsonrpc: "2.0", id: message.id, result: RESULT });
    }
    if (message.method?.startsWith("notifications/") === true) return void response.writeHead(202).end();
    return behaviour(message, response, request);
  });
  const sidecar = await startSidecar({ upstream: upstream.url, ...SERVE, ...options });
  return { sidecar, seen };
}

const answer: Behaviour = ({ id }, response, { method }) =>
  method === "GET" ? void response.writeHead(405).end() : JSON.stringify({ jsonrpc: "2.0", id, result: {} });

async function connect(sidecar: TestSidecar, headers?: Record<string, string>): Promise<SseClient> {
  const client = await openSse(sidecar, headers);
  atEnd(client.close);
  return client;
}

describe("a session of HTTP+SSE", () => {
  it("takes messages with 202 and answers them on its stream", async () => {
    const { sidecar } = await start(answer);
    const client = await connect(sidecar);
    expect(client.stream.headers).toMatchObject({
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
    });
    expect(client.endpoint.pathname).toBe("/messages");
    expect((await client.initialize()).result).toEqual(RESULT);
    expect((await client.post(CALL)).status).toBe(202);
    await until(() => client.messages.some(({ id }) => id === 7));
    expect(client.messages.at(-1)).toEqual({ jsonrpc: "2.0", id: 7, result: {} });
  });

  it("uses the server's session and revision, opens the server's stream, and ends the session with its own", async () => {
    const { sidecar, seen } = await start((message, response, request) => {
      if (request.method === "DELETE") return response.writeHead(200).end();
      if (request.method !== "GET") return answer(message, response, request);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(
        `event: message\ndata: {"jsonrpc":"2.0","method":"notifications/resources/list_changed"}\n\n`,
      );
      return undefined;
    });
    // A session in a header of the client's own would be another client's.
    const client = await connect(sidecar, { "mcp-session-id": "stolen", "last-event-id": "9" });
    await client.initialize();
    await client.ask(CALL);
    await until(() =>
      client.messages.some(({ method }) => method === "notifications/resources/list_changed"),
    );
    client.close();
    await until(() => seen.some(({ method }) => method === "DELETE"));
    const [handshake, ...rest] = seen;
    expect(handshake?.headers["mcp-session-id"]).toBeUndefined();
    expect(rest.map(({ method }) => method).toSorted()).toEqual(["DELETE", "GET", "POST", "POST"]);
    for (const { headers } of rest)
      expect(headers).toMatchObject({ "mcp-session-id": "s1", "mcp-protocol-version": "2025-06-18" });
    for (const { headers } of seen) {
      expect(headers["last-event-id"]).toBeUndefined();
      expect(headers.accept).toBe("application/json, text/event-stream");
    }
    await until(async () => (await sidecar.metric("tollgate_sessions")) === 0);
  });

  it("counts as one stream, beside the server's own", async () => {
    const { sidecar, seen } = await start((message, response, request) => {
      if (request.method !== "GET") return answer(message, response, request);
      response.writeHead(200, { "content-type": "text/event-stream" });
      return void response.write(`data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n`);
    });
    const client = await connect(sidecar);
    await client.initialize();
    await client.post({ method: "notifications/initialized" });
    await until(() => seen.some(({ method }) => method === "GET"));
    await until(() => client.messages.some(({ method }) => method === "notifications/tools/list_changed"));
    expect(await sidecar.metric("tollgate_streams")).toBe(1);
    await client.close();
    await until(async () => (await sidecar.metric("tollgate_streams")) === 0);
  });

  it("passes a request of the server within a call to its client, and the client's answer to the server", async () => {
    let call: ServerResponse | undefined;
    const { sidecar } = await start((message, response, request) => {
      if (request.method === "GET") return response.writeHead(405).end();
      if (message.method === "tools/call") {
        call = response.writeHead(200, { "content-type": "text/event-stream" });
        call.write(`data: {"jsonrpc":"2.0","id":"q","method":"roots/list"}\n\n`);
        return undefined;
      }
      call?.end(`data: {"jsonrpc":"2.0","id":7,"result":{"content":[]}}\n\n`);
      return response.writeHead(202).end();
    });
    const client = await connect(sidecar);
    await client.initialize();
    await client.post(CALL);
    await until(() => client.messages.some(({ method }) => method === "roots/list"));
    expect((await client.post({ id: "q", result: { roots: [] } })).status).toBe(202);
    await until(() => client.messages.some(({ id }) => id === 7));
  });

  it("resumes a stream that the server ends before its answer", async () => {
    const { sidecar, seen } = await start(({ method }, response, request) => {
      if (method === "tools/call") return sendEvents(response, "id: e1\ndata: \n\n");
      if (request.headers["last-event-id"] === "e1")
        return sendEvents(response, `id: e2\ndata: {"jsonrpc":"2.0","id":7,"result":{"content":[]}}\n\n`);
      return response.writeHead(405).end();
    });
    const client = await connect(sidecar);
    await client.initialize();
    expect((await client.ask(CALL)).result).toEqual({ content: [] });
    expect(seen.filter(({ headers }) => headers["last-event-id"] === "e1")).toHaveLength(1);
  });

  it("aborts the calls of a client that leaves", async () => {
    let isCalled = false;
    let isAborted = false;
    const { sidecar } = await start(({ method }, response) => {
      if (method !== "tools/call") return response.writeHead(405).end();
      isCalled = true;
      response.once("close", () => (isAborted = true));
      return undefined;
    });
    const client = await connect(sidecar);
    await client.initialize();
    await client.post(CALL);
    await until(() => isCalled);
    client.close();
    await until(() => isAborted);
    await until(
      async () => (await sidecar.metric("tollgate_tool_calls_total", { outcome: "cancelled" })) === 1,
    );
  });

  it("ends with the sidecar, after its calls", async () => {
    const calls: ServerResponse[] = [];
    const { sidecar } = await start(({ method }, response) =>
      method === "tools/call" ? void calls.push(response) : response.writeHead(405).end(),
    );
    const client = await connect(sidecar);
    await client.initialize();
    await client.post(CALL);
    await until(() => calls.length === 1);
    const drained = sidecar.drain();
    for (const call of calls) sendJson(call, `{"jsonrpc":"2.0","id":7,"result":{"content":[]}}`);
    await drained;
    await until(() => client.stream.complete);
    expect(client.messages.at(-1)).toMatchObject({ id: 7, result: { content: [] } });
  });
});

describe("a fault of the server", () => {
  it.each<readonly [string, Behaviour, RegExp]>([
    ["a status without a body", (_m, response) => response.writeHead(500).end(), /answered 500|neither JSON/],
    [
      "a page",
      (_m, response) => response.writeHead(404, { "content-type": "text/html" }).end("<p>"),
      /404 with text\/html/,
    ],
    [
      "an error without an id",
      (_m, response) =>
        sendJson(response, `{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"not today"}}`, 400),
      /not today/,
    ],
    [
      "a stream without an answer",
      (_m, response) => sendEvents(response, ": nothing\n\n"),
      /ended its stream without an answer/,
    ],
    [
      "an answer to another request",
      (_m, response) => sendJson(response, `{"jsonrpc":"2.0","id":8,"result":{}}`),
      /another request/,
    ],
    [
      "an answer over the bound",
      (_m, response) =>
        sendJson(response, `{"jsonrpc":"2.0","id":7,"result":{"t":"${"x".repeat(600_000)}"}}`),
      /too long/,
    ],
    [
      "an event over the bound",
      (_m, response) =>
        sendEvents(response, `data: {"jsonrpc":"2.0","id":7,"result":{"t":"${"x".repeat(600_000)}"}}\n\n`),
      /too long/,
    ],
    ["a connection that breaks", (_m, response) => response.destroy(), /closed the connection/],
    [
      "half of an answer",
      (_m, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "900000" });
        response.write(`{"jsonrpc":"2.0","id":7,"result":{"t":"${"x".repeat(300_000)}`, () =>
          response.destroy(),
        );
      },
      /closed the connection within its answer/,
    ],
  ])("reaches the client as an error under its id: %s", async (_what, behaviour, message) => {
    const { sidecar } = await start(
      (rpc, response, request) =>
        rpc.method === "tools/call" ? behaviour(rpc, response, request) : response.writeHead(405).end(),
      { bounds: { listBytes: 500_000 } },
    );
    const client = await connect(sidecar);
    await client.initialize();
    expect((await client.ask(CALL)).error?.message).toMatch(message);
  });

  it("writes an id as the request had it, and an answer of many lines as one event", async () => {
    const { sidecar } = await start(({ method }, response) =>
      method === "tools/call"
        ? sendJson(response, `{\n"jsonrpc": "2.0",\r\n"id": "7",\n"result": {}\n}`)
        : response.writeHead(405).end(),
    );
    const client = await connect(sidecar);
    await client.initialize();
    expect(await client.ask(CALL)).toEqual({ jsonrpc: "2.0", id: 7, result: {} });
  });

  it("sends no event of the server's that would lead the client elsewhere", async () => {
    const { sidecar } = await start(({ method }, response) =>
      method === "tools/call"
        ? sendEvents(
            response,
            `event: endpoint\ndata: http://evil.example/\n\n`,
            `data: {"jsonrpc":"2.0","id":7,"result":{"content":[]}}\n\n`,
          )
        : response.writeHead(405).end(),
    );
    const client = await connect(sidecar);
    await client.initialize();
    await client.ask(CALL);
    expect(client.text().split("event: endpoint")).toHaveLength(2);
    expect(client.text()).not.toContain("evil");
  });

  it("ends the stream of a client whose session the server has forgotten", async () => {
    const { sidecar } = await start(({ method }, response) =>
      method === "tools/call"
        ? sendJson(
            response,
            `{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}`,
            404,
          )
        : response.writeHead(405).end(),
    );
    const client = await connect(sidecar);
    await client.initialize();
    expect((await client.ask(CALL)).error?.message).toBe("Session not found");
    await until(() => client.stream.complete);
  });

  it("passes a challenge of the server to the request that posted the handshake", async () => {
    const upstream = await serve((_body, response) =>
      response.writeHead(401, { "www-authenticate": "Bearer x" }).end(),
    );
    const sidecar = await startSidecar({ upstream: upstream.url, ...SERVE });
    const client = await connect(sidecar);
    const response = await client.post({ id: 0, method: "initialize", params: {} });
    expect(response).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer x" } });
  });
});

describe("a fault of the client", () => {
  it.each<readonly [string, string, number, RegExp]>([
    ["no JSON", "{", 400, /-32700/],
    ["a batch", "[]", 400, /-32600/],
    ["a call without id", `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"t"}}`, 400, /-32600/],
    [
      "a long message",
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"t":"${"x".repeat(2_000)}"}}`,
      413,
      /1024 bytes/,
    ],
  ])("is answered on the request that posted it: %s", async (_what, text, status, body) => {
    const { sidecar } = await start(answer, { bounds: { messageBytes: 1_024 } });
    const client = await connect(sidecar);
    const response = await client.post(text);
    expect([response.status, response.body]).toEqual([status, expect.stringMatching(body)]);
  });

  it("is answered under its id where that can be read", async () => {
    const { sidecar } = await start(answer);
    const client = await connect(sidecar);
    const text = `{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":1,"a":2}}`;
    expect((await client.post(text)).status).toBe(202);
    await until(() => client.messages.length === 1);
    expect(client.messages[0]).toMatchObject({ id: 7, error: { code: -32600 } });
  });

  it.each<readonly [string, string, number, string]>([
    ["POST", "/sse", 405, "GET"],
    ["DELETE", "/sse", 405, "GET"],
    ["GET", "/messages?sessionId=x", 405, "POST"],
    ["POST", "/messages?sessionId=x", 404, ""],
    ["POST", "/messages", 404, ""],
    ["GET", "/sse/x", 404, ""],
  ])("%s %s is answered %d", async (method, target, status, allow) => {
    const { sidecar } = await start(answer);
    const headers = { "content-type": "application/json" };
    const response = await send(
      method,
      new URL(target, sidecar.url),
      headers,
      method === "POST" ? "{}" : undefined,
    );
    expect(response.statusCode).toBe(status);
    expect(response.headers.allow ?? "").toBe(allow);
    expect((await response.toArray()).join("")).toContain(`"error"`);
  });

  it("serves neither path without --serve-sse", async () => {
    const { sidecar } = await start(answer, { flags: {} });
    expect((await send("GET", new URL("/sse", sidecar.url))).statusCode).toBe(404);
  });
});

describe("the user of a session", () => {
  const AGENTS = {
    config: `identity: { header: { name: X-Agent-Id, from: [127.0.0.1], user: x-user-id } }\n`,
  };

  it.each([
    ["another agent", { "x-agent-id": "mallory" }],
    ["another user of the agent", { "x-agent-id": "alice", "x-user-id": "eve" }],
    ["a caller without a name", {}],
  ])("is its owner, and not %s", async (_who, headers) => {
    const { sidecar, seen } = await start(answer, AGENTS);
    const client = await connect(sidecar, { "x-agent-id": "alice" });
    await client.initialize();
    const json = { "content-type": "application/json" };
    const body = JSON.stringify({ jsonrpc: "2.0", ...CALL });
    const response = await send("POST", client.endpoint, { ...json, ...headers }, body);
    expect(response.statusCode).toBe(404);
    expect((await response.toArray()).join("")).toContain("Session not found");
    expect(seen.filter(({ rpc }) => rpc === "tools/call")).toEqual([]);
    expect(await sidecar.metric("tollgate_messages_refused_total", { cause: "ownership" })).toBe(1);
    expect((await client.ask(CALL)).result).toEqual({});
  });
});

describe("bounds of HTTP+SSE", () => {
  it("refuse more streams than one caller, or all, may have", async () => {
    const { sidecar } = await start(answer, { bounds: { streamsPerAgent: 1 } });
    const first = await connect(sidecar);
    const refused = await send("GET", new URL("/sse", sidecar.url));
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, "5"]);
    expect((await refused.toArray()).join("")).toContain("too many streams are open");
    first.close();
    await until(async () => (await send("GET", new URL("/sse", sidecar.url))).statusCode === 200);
  });

  it("answer a call past the requests in flight under its id", async () => {
    const { sidecar } = await start(
      ({ method }, response) => (method === "tools/call" ? undefined : response.writeHead(405).end()),
      { bounds: { requestsPerAgent: 1 } },
    );
    const client = await connect(sidecar);
    await client.initialize();
    await client.post({ ...CALL, id: 1 });
    expect((await client.ask(CALL)).error?.message).toMatch(/^Tollgate is busy/);
  });

  it("keep a quiet stream open with comments", async () => {
    const { sidecar } = await start(answer, { bounds: { streamQuietMs: 20 } });
    const client = await connect(sidecar);
    await until(() => client.text().includes(": keepalive\n\n: keepalive\n\n"));
  });

  it("let a client that does not read hold back the server, and cut it in the end", async () => {
    let written = 0;
    const { sidecar } = await start(
      ({ method }, response) => {
        if (method !== "tools/call") return response.writeHead(405).end();
        response.writeHead(200, { "content-type": "text/event-stream" });
        const event = `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"t":"${"x".repeat(60_000)}"}}\n\n`;
        const write = (): void => {
          while (!response.destroyed && response.write(event)) written += event.length;
          if (!response.destroyed) response.once("drain", write);
        };
        write();
        return undefined;
      },
      { bounds: { unreadMs: 300 } },
    );
    const client = await connect(sidecar);
    await client.initialize();
    client.stream.pause();
    await client.post(CALL);
    await until(
      async () => (await sidecar.metric("tollgate_messages_refused_total", { cause: "not_read" })) === 1,
    );
    // Sockets and buffers hold that much, and no more: the server could write for as long as it is read.
    expect(written).toBeLessThan(64 * 1024 * 1024);
    await until(
      async () => (await sidecar.metric("tollgate_tool_calls_total", { outcome: "cancelled" })) === 1,
    );
  });
});

describe("tools/list_changed of Tollgate's own", () => {
  it.each([
    ["offers a stream", 200],
    ["offers none", 405],
  ])(
    "reaches the client when the policy changes, and never twice, before a server that %s",
    async (_what, status) => {
      const policy = temporaryFile("policy.json", { version: "1", default: "allow" });
      const { sidecar } = await start(
        (message, response, request) => {
          if (message.method === "tools/list")
            return sendJson(
              response,
              `{"jsonrpc":"2.0","id":7,"result":{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}}`,
            );
          if (request.method !== "GET") return answer(message, response, request);
          response.writeHead(status, { "content-type": "text/event-stream" }).flushHeaders();
          return status === 200 ? undefined : response.end();
        },
        { flags: { ...SERVE.flags, policy } },
      );
      const client = await connect(sidecar);
      await client.initialize();
      await client.ask({ id: 7, method: "tools/list" });
      const changes = (): number =>
        client.messages.filter(({ method }) => method === "notifications/tools/list_changed").length;
      let reloads = 0;
      await until(async () => {
        reloads += 1;
        writeFileSync(
          policy,
          JSON.stringify({ version: "1", default: "allow", hide: reloads % 2 === 1 ? ["t"] : [] }),
        );
        sidecar.reload();
        await client.ask({ id: 100 + reloads, method: "ping" });
        return changes() > 0;
      });
      expect(changes()).toBeLessThanOrEqual(reloads);
    },
  );
});
