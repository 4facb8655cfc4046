/** Draining as clients see it: no call fails, streams end cleanly, and each connection is closed after its response. */

import { once } from "node:events";
import { Agent, type IncomingMessage, request, type ServerResponse } from "node:http";
import { beforeEach, describe, expect, it } from "vitest";
import type { Settings } from "../../src/config/settings/settings.ts";
import { atEnd, serve, startSidecar } from "../fixtures/lifetime.ts";
import { type LoopbackServer, sendJson } from "../fixtures/loopback-server.ts";
import { type TestSidecar, until } from "../fixtures/start-sidecar.ts";

const BIG_BYTES = 20_000_000;
/** Longer than a test may take. */
const NEVER_MS = 600_000;

const LIST = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  result: { tools: [{ name: "run", description: "x".repeat(BIG_BYTES) }] },
});

let upstream: LoopbackServer;
let sidecar: TestSidecar;
let waiting: ServerResponse[];
let agent: Agent;

/** Answers `tools/list` with a big list, `slow` when the test says so, GET by an open stream, and all else at once. */
beforeEach(async () => {
  waiting = [];
  agent = new Agent({ keepAlive: true });
  atEnd(() => agent.destroy());
  upstream = await serve((text, response, { method }) => {
    if (text.includes(`"tools/list"`)) return LIST;
    if (text.includes(`"slow"`)) return void waiting.push(response);
    if (method !== "GET" && !text.includes("subscriptions/listen")) return resultOf("done");
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": hello\n\n");
    return undefined;
  });
});

function resultOf(text: string): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, result: { content: [{ type: "text", text }] } });
}

async function start(bounds: Partial<Settings["bounds"]>): Promise<void> {
  sidecar = await startSidecar({ upstream: upstream.url, bounds });
}

/** The head of the response; its connection is kept. */
async function send(tool: string, method = "tools/call"): Promise<IncomingMessage> {
  const params = { name: tool, arguments: {} };
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const sent = request(sidecar.url, { method: tool === "" ? "GET" : "POST", agent, headers });
  sent.end(tool === "" ? undefined : JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return response;
}

/** The size of the body, and whether it is complete. */
async function read(response: IncomingMessage): Promise<{ bytes: number; isWhole: boolean }> {
  let bytes = 0;
  response.on("data", (chunk: Buffer) => (bytes += chunk.byteLength));
  response.on("error", () => undefined);
  await once(response, "close");
  return { bytes, isWhole: response.complete };
}

async function status(path: string): Promise<number> {
  return (await fetch(sidecar.adminUrl + path)).status;
}

describe("a sidecar that drains", () => {
  it("serves calls while it is not ready, and closes each connection after its response", async () => {
    await start({ lameDuckMs: NEVER_MS });
    const before = await send("run");
    await read(before);
    expect(before.headers["connection"]).toBe("keep-alive");
    void sidecar.drain();
    const during = await send("run");
    expect([during.statusCode, during.headers["connection"]]).toEqual([200, "close"]);
    expect((await read(during)).isWhole).toBe(true);
    expect([await status("/readyz"), await status("/healthz")]).toEqual([503, 200]);
  });

  it("closes the connection of a call that began before", async () => {
    await start({ lameDuckMs: NEVER_MS });
    const answer = send("slow");
    await until(() => waiting.length === 1);
    void sidecar.drain();
    if (waiting[0]) sendJson(waiting[0], resultOf("late"));
    const response = await answer;
    await read(response);
    expect(response.headers["connection"]).toBe("close");
  });

  it("delivers a complete response that is still being sent", async () => {
    await start({ drainMs: NEVER_MS });
    // A list is buffered and then sent in one piece, so it is complete when its first byte arrives.
    const response = await send("x", "tools/list");
    const drained = sidecar.drain();
    await until(async () => (await status("/readyz")) === 503);
    const { bytes, isWhole } = await read(response);
    expect(bytes).toBe(LIST.length);
    expect(isWhole).toBe(true);
    await drained;
  });

  it("waits for a call, then ends streams cleanly, and is done before its deadline", async () => {
    await start({ drainMs: NEVER_MS });
    const streams = [await send(""), await send("x", "subscriptions/listen")].map(read);
    const ended: string[] = [];
    for (const stream of streams) void stream.then(() => ended.push("stream"));
    const call = send("slow").then(read);
    void call.then(() => ended.push("call"));
    await until(() => waiting.length === 1);
    const drained = sidecar.drain();
    await until(async () => (await status("/readyz")) === 503);
    expect(ended).toEqual([]);
    if (waiting[0]) sendJson(waiting[0], resultOf("late"));
    expect((await call).isWhole).toBe(true);
    expect((await Promise.all(streams)).map(({ isWhole }) => isWhole)).toEqual([true, true]);
    expect(ended[0]).toBe("call");
    await drained;
  });

  it("aborts a call at the deadline without a clean end, and ends streams cleanly before", async () => {
    await start({ drainMs: 200 });
    const stream = send("").then(read);
    const call = send("slow").then(read, () => "cut");
    await until(() => waiting.length === 1);
    await sidecar.drain();
    expect(await call).toBe("cut");
    expect((await stream).isWhole).toBe(true);
  });
});
