import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { beforeEach, describe, expect, it } from "vitest";
import { atEnd, serve, startSidecar } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT, type LoopbackServer, sendJson } from "../fixtures/loopback-server.ts";
import { AGENT_HEADER, type TestSidecar, until } from "../fixtures/start-sidecar.ts";

const CALL = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}`;

const INITIALIZE = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`;

let upstream: LoopbackServer;
let sidecar: TestSidecar;
let waiting: ServerResponse[];
let controllers: AbortController[];

/** Answers initialize and notifications at once, GET by an open stream, and holds every other request. */
beforeEach(async () => {
  waiting = [];
  controllers = [];
  upstream = await serve((text, response, request) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      waiting.push(response);
    } else if (text.includes(`"flood"`)) flood(response);
    else if (text.includes(`"initialize"`)) {
      response.setHeader("mcp-session-id", `s${waiting.push(response)}`);
      sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{}}`);
    } else if (text.includes(`"id"`)) waiting.push(response);
    else response.writeHead(202).end();
  });
});

/** Writes until the connection closes, more than any socket buffer holds. */
function flood(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const write = (): void => {
    while (!response.destroyed && response.write(`data: ${"x".repeat(16_384)}\n\n`));
  };
  response.on("drain", write);
  write();
}

async function start(bounds: Parameters<typeof startSidecar>[0]["bounds"] = {}): Promise<void> {
  sidecar = await startSidecar({
    upstream: upstream.url,
    settings: AGENT_HEADER,
    bounds: { drainMs: 0, ...bounds },
  });
}

function send(agent: string, body: string | undefined = CALL): Promise<Response> {
  const controller = new AbortController();
  controllers.push(controller);
  atEnd(() => controller.abort());
  const headers = { "content-type": "application/json", accept: "text/event-stream", "x-agent-id": agent };
  const method = body === "" ? "GET" : "POST";
  return fetch(sidecar.url, { method, headers, signal: controller.signal, ...(body !== "" && { body }) });
}

/** Sends a call that the upstream holds until the test ends it. */
async function hold(agent: string): Promise<void> {
  const before = waiting.length;
  send(agent).then(
    (answer) => answer.text(),
    () => "left",
  );
  await until(() => waiting.length > before);
}

function lastOf(responses: readonly ServerResponse[]): ServerResponse {
  const last = responses.at(-1);
  if (last === undefined) throw new Error("the upstream has seen nothing");
  return last;
}

const overloads = (): unknown[] => sidecar.audit().filter(({ reason }) => reason === "invalid_message");

describe("caps on concurrent requests, streams and sessions", () => {
  it("refuses an agent's next request at its cap, and serves another agent", async () => {
    await start({ requests: 5, requestsPerAgent: 2 });
    await hold("a");
    await hold("a");
    const refused = await send("a");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await refused.json()).toMatchObject({ id: 1, error: { code: 503 } });
    await hold("b");
    expect(overloads()).toHaveLength(1);
    expect(await sidecar.metric("tollgate_messages_refused_total", { cause: "overload" })).toBe(1);
  });

  it("refuses every agent at the cap over all agents", async () => {
    await start({ requests: 2, requestsPerAgent: 2 });
    await hold("a");
    await hold("b");
    expect((await send("c")).status).toBe(503);
  });

  it.each([
    ["the answer has ended", (): unknown => sendJson(lastOf(waiting), EMPTY_RESULT)],
    ["the client has left", (): unknown => controllers[0]?.abort()],
  ])("releases the place when %s", async (_what, end) => {
    await start({ requests: 1, requestsPerAgent: 1 });
    await hold("a");
    expect((await send("a", INITIALIZE)).status).toBe(503);
    end();
    await until(async () => (await send("a", INITIALIZE)).status === 200);
  });

  it("forwards a cancellation at the cap", async () => {
    await start({ requests: 1, requestsPerAgent: 1 });
    await hold("a");
    const cancelled = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`;
    expect((await send("a", cancelled)).status).toBe(202);
  });

  it("refuses one agent's next stream at its cap", async () => {
    await start({ streams: 3, streamsPerAgent: 1 });
    expect((await send("a", "")).status).toBe(200);
    expect((await send("a", "")).status).toBe(503);
    expect((await send("b", "")).status).toBe(200);
  });

  it("refuses one agent's next session at its cap, and opens another agent's", async () => {
    await start({ sessions: 3, sessionsPerAgent: 1 });
    expect((await send("a", INITIALIZE)).status).toBe(200);
    expect((await send("a", INITIALIZE)).status).toBe(503);
    expect((await send("b", INITIALIZE)).status).toBe(200);
  });
});

async function open(bytes: string): Promise<Socket> {
  const socket = connect(Number(new URL(sidecar.url).port), "127.0.0.1");
  atEnd(() => socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(bytes);
  return socket;
}

const HEAD = ["POST /mcp HTTP/1.1", "Host: localhost", "Content-Type: application/json"];

describe("caps on connections and slow clients", () => {
  it("closes a connection past the cap, and counts it", async () => {
    await start({ connections: 2 });
    await open("");
    await open("");
    const third = connect(Number(new URL(sidecar.url).port), "127.0.0.1");
    atEnd(() => third.destroy());
    third.on("error", () => undefined).resume();
    await once(third, "close");
    expect(await sidecar.metric("tollgate_messages_refused_total", { cause: "overload" })).toBe(1);
  });

  it("refuses a message when too many bytes are arriving, and accepts it once they are released", async () => {
    await start({ receivedBytes: 1_000_000, messageBytes: 1_000_000 });
    const slow = await open([...HEAD, "Content-Length: 900000", "", "x".repeat(800_000)].join("\r\n"));
    const big = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${"x".repeat(300_000)}"}}`;
    await until(async () => (await send("a", big.slice(0, -2))).status === 503);
    slow.destroy();
    // Refused for its syntax now, not for its size.
    await until(async () => (await send("a", big.slice(0, -2))).status === 400);
  });

  it("closes the connection of a client that reads nothing, and ends its call", async () => {
    await start({ unreadMs: 100 });
    const body = CALL.replace("slow", "flood");
    const head = [...HEAD, `Content-Length: ${body.length}`, "X-Agent-Id: a", "", body].join("\r\n");
    const reader = await open(head);
    reader.pause();
    await until(
      async () => (await sidecar.metric("tollgate_messages_refused_total", { cause: "not_read" })) === 1,
    );
    await until(() =>
      sidecar.audit().some(({ upstream }) => JSON.stringify(upstream)?.includes("cancelled")),
    );
  });

  it("keeps the connection of a client that reads slowly", async () => {
    await start({ unreadMs: 200 });
    const body = CALL.replace("slow", "flood");
    const reader = await open([...HEAD, `Content-Length: ${body.length}`, "", body].join("\r\n"));
    let taken = 0;
    let isClosed = false;
    reader.on("close", () => (isClosed = true));
    reader.on("data", (chunk) => {
      taken += chunk.length;
      reader.pause();
      setTimeout(() => reader.resume(), 1);
    });
    await until(() => isClosed || taken > 24_000_000);
    expect(isClosed).toBe(false);
  });
});
