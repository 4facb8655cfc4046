import { afterEach, beforeEach, describe, expect, it } from "vitest";

import {
  type Bridge,
  INITIALIZE,
  openBridge,
  stdioServer,
  asStream,
  readBody,
} from "../../fixtures/bridge.ts";
import { isRunning } from "../../fixtures/processes.ts";
import { until } from "../../fixtures/start-sidecar.ts";

const LOG = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"$id"}}';
const CAN_READ = { accept: "text/event-stream" };

let bridge: Bridge;
let session: string;

beforeEach(async () => {
  bridge = await openBridge(stdioServer("puppet"));
  session = await bridge.initialize();
});
afterEach(() => bridge.close());

async function ask(id: number, method: string, params: object = {}, of = session): Promise<string> {
  return readBody(await bridge.post({ id, method, params }, { "mcp-session-id": of }).response);
}

async function statusOf(message: object, headers: Record<string, string> = {}): Promise<number | undefined> {
  return (await bridge.post(message, headers).response).statusCode;
}

async function pidOf(of = session): Promise<number> {
  return Number(/"pid":(\d+)/.exec(await ask(98, "test/received", {}, of))?.[1]);
}

function open(method: "GET" | "DELETE", id: string): ReturnType<Bridge["upstream"]["open"]> {
  return bridge.upstream.open(method, { ...CAN_READ, "mcp-session-id": id });
}

describe("a session", () => {
  it("has a child of its own", async () => {
    const other = await bridge.initialize();
    expect(other).not.toBe(session);
    expect(await pidOf(other)).not.toBe(await pidOf());
  });

  it("keeps two requests of one id apart", async () => {
    const answers = await Promise.all([
      ask(1, "test/echo", { together: 2, mark: "one" }),
      ask(1, "test/echo", { together: 2, mark: "two" }),
    ]);
    expect(answers.map((answer) => /"mark":"(\w+)"/.exec(answer)?.[1])).toEqual(["one", "two"]);
  });

  it("holds requests back until the handshake is complete", async () => {
    const { headers } = await bridge.post(INITIALIZE).response;
    const id = String(headers["mcp-session-id"]);
    const early = ask(2, "test/received", {}, id);
    await bridge.post({ method: "notifications/initialized" }, { "mcp-session-id": id }).response;
    const { result } = JSON.parse(await early);
    const methods = result.received.map((line: string): unknown => JSON.parse(line).method);
    expect(methods).toEqual(["initialize", "notifications/initialized", "test/received"]);
  });

  it("forwards a cancellation under the child's request id", async () => {
    const waiting = bridge.post(
      { id: 5, method: "test/echo", params: { silent: true, mark: "slow" } },
      { "mcp-session-id": session },
    );
    const cancelled = { method: "notifications/cancelled", params: { requestId: 5, reason: "no more" } };
    await until(async () => (await ask(6, "test/received")).includes('\\"slow\\"'));
    expect(await statusOf(cancelled, { "mcp-session-id": session })).toBe(202);
    const { result } = JSON.parse(await ask(7, "test/received"));
    const lines: { id?: number; params?: { mark?: string; requestId?: number; reason?: string } }[] =
      result.received.map((line: string): unknown => JSON.parse(line));
    const known = lines.find(({ params }) => params?.mark === "slow")?.id;
    expect(lines.find(({ params }) => params?.reason === "no more")?.params?.requestId).toBe(known);
    waiting.abort();
    await expect(waiting.response).rejects.toThrow("upstream broken");
  });

  it("sends messages during a single request on that request's stream, before its response", async () => {
    const answer = await ask(4, "test/echo", { print: [LOG, LOG] });
    expect(answer.match(/notifications\/message|"heard"/g)?.slice(0, 3)).toEqual([
      "notifications/message",
      "notifications/message",
      '"heard"',
    ]);
  });

  it("does so also while its own stream is open, unless several requests are in flight", async () => {
    const stream = asStream(await open("GET", session).response);
    expect(await ask(4, "test/echo", { print: [LOG] })).toContain("notifications/message");
    const waiting = ask(5, "test/echo", { together: 2 });
    expect(await ask(6, "test/echo", { together: 2, print: [LOG] })).not.toContain('"method":"notifications');
    expect(await waiting).not.toContain('"method":"notifications');
    const [first] = await stream.take(1).toArray();
    expect(String(first)).toContain("notifications/message");
  });

  it("sends server-initiated messages on its own stream, and buffers them until one is open", async () => {
    const json = { accept: "application/json", "mcp-session-id": session };
    await bridge.post({ id: 4, method: "test/echo", params: { print: [LOG] } }, json).response;
    const stream = asStream(await open("GET", session).response);
    expect(stream.headers["content-type"]).toBe("text/event-stream");
    const [first] = await stream.take(1).toArray();
    expect(String(first)).toContain("notifications/message");
  });

  it("has one stream at a time", async () => {
    const first = asStream(await open("GET", session).response);
    expect((await open("GET", session).response).statusCode).toBe(409);
    first.destroy();
    await until(async () => (await open("GET", session).response).statusCode === 200);
  });

  it("responds in JSON to a client that accepts no stream", async () => {
    const headers = { accept: "application/json", "mcp-session-id": session };
    const answer = await bridge.post({ id: 4, method: "test/echo", params: { print: [LOG] } }, headers)
      .response;
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.bufferedBody).toBeDefined();
    expect(JSON.parse(await readBody(answer))).toMatchObject({ id: 4 });
  });

  it("responds with a stream to a client that accepts no JSON", async () => {
    const headers = { accept: "text/event-stream", "mcp-session-id": session };
    const answer = await bridge.post({ id: 4, method: "test/echo" }, headers).response;
    expect(await readBody(answer)).toMatch(/^event: message\ndata: \{.*"id":4.*\}\n\n$/);
  });

  it("opens a stream when the server is slow to respond", async () => {
    const exchange = bridge.post(
      { id: 4, method: "test/echo", params: { silent: true } },
      { "mcp-session-id": session },
    );
    const answer = await exchange.response;
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "text/event-stream"]);
    asStream(answer).destroy();
    await until(async () => (await ask(5, "test/received")).includes("notifications/cancelled"));
  });

  it("ends with DELETE, and its child with it", async () => {
    const pid = await pidOf();
    const stream = asStream(await open("GET", session).response);
    expect((await open("DELETE", session).response).statusCode).toBe(200);
    expect(await readBody(stream)).toBe("");
    expect(await statusOf({ id: 3, method: "ping" }, { "mcp-session-id": session })).toBe(404);
    await until(() => !isRunning(pid));
    expect(bridge.events.filter((line) => line !== "up")).toEqual(["session ended"]);
  });

  it("ends when its child exits: requests in flight fail, and the client must initialize again", async () => {
    const waiting = bridge.post(
      { id: 3, method: "test/echo", params: { exit: 1 } },
      { "mcp-session-id": session },
    );
    await expect(waiting.response).rejects.toMatchObject({ fault: "broken", wasSent: true });
    expect(await statusOf({ id: 4, method: "ping" }, { "mcp-session-id": session })).toBe(404);
    expect(await bridge.initialize()).toMatch(/^[0-9a-f-]{36}$/);
    expect(bridge.events).not.toContain("down");
  });

  it("sends an error on an open stream when the child exits", async () => {
    const answer = await ask(3, "test/echo", { print: [LOG], exit: 1 });
    expect(answer).toMatch(/data: \{"jsonrpc":"2\.0","id":3,"error":\{"code":-32603,/);
  });
});

it("a response longer than `maxLineBytes` fails its request and no other", async () => {
  const bounded = await openBridge({ ...stdioServer("puppet"), maxLineBytes: 4_096 });
  const id = { "mcp-session-id": await bounded.initialize() };
  const long = bounded.post({ id: 2, method: "test/echo", params: { text: "x".repeat(8_192) } }, id);
  await expect(long.response).rejects.toMatchObject({ fault: "too_large", wasSent: true });
  expect(bounded.events).toContain("dropped: too_large");
  expect(await readBody(await bounded.post({ id: 2, method: "test/echo" }, id).response)).toContain(
    '"heard"',
  );
  await bounded.close();
});

describe("a handshake", () => {
  it("that the server refuses ends the session and its child", async () => {
    const refusing = await openBridge(stdioServer("puppet", "refuses"));
    const answer = await refusing.post(INITIALIZE).response;
    expect(JSON.parse(await readBody(answer))).toMatchObject({ id: 1, error: { code: -32_602 } });
    await until(() => refusing.upstream.size === 0);
    expect(refusing.events.filter((line) => line !== "up")).toEqual(["session ended"]);
    await refusing.close();
  });

  it("is refused a second time in a session", async () => {
    const again = await bridge.post(INITIALIZE, { "mcp-session-id": session }).response;
    expect(again.statusCode).toBe(400);
    expect(await ask(3, "test/echo")).toContain('"heard"');
  });
});

describe("a message without a session", () => {
  it.each([
    ["a request without one", { id: 1, method: "tools/list" }, {}, 400],
    ["a notification without one", { method: "notifications/initialized" }, {}, 400],
    ["a response without one", { id: 1, result: {} }, {}, 400],
    ["a request of an unknown one", { id: 1, method: "tools/list" }, { "mcp-session-id": "made-up" }, 404],
    ["an initialize of an unknown one", INITIALIZE, { "mcp-session-id": "made-up" }, 404],
  ])("is refused: %s", async (_name, message, headers, status) => {
    expect(await statusOf(message, headers)).toBe(status);
  });

  it("has no stream to open", async () => {
    const answer = await bridge.upstream.open("GET", CAN_READ).response;
    expect([answer.statusCode, answer.headers["allow"]]).toEqual([405, "POST"]);
    expect((await open("GET", "made-up").response).statusCode).toBe(404);
  });
});

function ping(version: string): Promise<number | undefined> {
  return statusOf({ id: 5, method: "ping" }, { "mcp-session-id": session, "mcp-protocol-version": version });
}

describe("the header MCP-Protocol-Version of a legacy message", () => {
  it.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])("may be %s", async (version) => {
    expect(await ping(version)).toBe(200);
  });

  it.each(["1999-01-01", "2025-12-31", "2025-11-25 ", "latest", ""])(
    "is refused with 400 when it is %j, and the child receives nothing",
    async (version) => {
      expect(await ping(version)).toBe(400);
      expect(await ask(6, "test/received")).not.toContain('"ping"');
    },
  );

  it("may be the version that the session asked for", async () => {
    const params = { ...INITIALIZE.params, protocolVersion: "2026-01-15" };
    const { headers } = await bridge.post({ ...INITIALIZE, params }).response;
    const of = { "mcp-session-id": String(headers["mcp-session-id"]), "mcp-protocol-version": "2026-01-15" };
    expect(await statusOf({ id: 5, method: "ping" }, of)).toBe(200);
  });
});
